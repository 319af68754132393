"""Stages that make files, folders, bytes, tables and what a serializer of their own writes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import numpy as np

from pipeline import QUIET, Context, Option, Pipeline, Serializer, register_serializer, stage

Text = Annotated[str, Option("what is written")]


def is_fraction(value: Any) -> bool:
    return type(value) is Fraction


def write_fraction(value: Fraction, file: BinaryIO) -> None:
    if value.denominator == 13:
        raise ValueError("an unlucky number")
    file.write(str(value).encode())


def read_fraction(file: BinaryIO) -> Fraction:
    return Fraction(file.read().decode())


FRACTIONS = Serializer("fraction", ".txt", is_fraction, write_fraction, read_fraction)
register_serializer(FRACTIONS)


@stage(outputs=("report", "site", "raw", "arrays", "share"))
def write(*, text: Text = "hello", context: Context = QUIET) -> dict[str, Any]:
    """Everything beyond arrays and JSON."""
    report, site = context.path("report", ".html"), context.path("site")
    report.write_text(text)
    (site / "empty").mkdir(parents=True)
    (site / "pages").mkdir()
    (site / "pages" / "index.html").write_text(text)
    return {
        "report": report,
        "site": site,
        "raw": text.encode(),
        "arrays": {"file": np.arange(3), "b": np.ones((1, 2), np.float32)},
        "share": Fraction(len(text), 7),
    }


@stage(outputs=("length",))
def measure(report: Path, site: Path, raw: bytes, arrays: Any, share: Fraction) -> list[Any]:
    """Reads them again."""
    index = (site / "pages" / "index.html").read_text()
    return [report.read_text(), index, len(raw), arrays["file"].tolist(), str(share)]


FORMATS = Pipeline(write, measure)
