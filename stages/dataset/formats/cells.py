"""Cells of a table: a number, a text, or a missing value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.errors import DataError
from stages.dataset.formats.layout import shown

PLACES = 5  # that a message names
STEPS = 64  # of float32 that the numbers of a column span at least
MISSING = frozenset(  # as spreadsheets, databases and pandas write it
    ("", "?", "na", "n/a", "nan", "null", "none", "-nan", "#n/a", "#na", "<na>", "nat")
)


def number_of(cell: Any) -> float | None:
    """A cell as a finite number of float32; None where it is none."""
    if isinstance(cell, str):
        if "_" in cell or "x" in cell:  # what Python alone reads
            return None
        try:
            cell = float(cell)
        except ValueError:
            return None
    value = float(cell)
    return value if abs(value) <= 3.4028234e38 else None  # a NaN is not, either


def loses_digits(least: float, most: float) -> bool:
    """Whether float32 has few steps from `least` to `most`: so far from 0, so close together."""
    step = np.spacing(np.float32(max(abs(least), abs(most))))
    return 0 < most - least < STEPS * float(step)


def is_infinite(cell: Any) -> bool:
    """Whether a cell is a number that is not finite in float32."""
    try:
        return not abs(float(cell)) <= 3.4028234e38
    except (TypeError, ValueError):
        return False


def text_of(cell: Any) -> str:
    """A cell as a text, without space around it."""
    return cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell)


def truth_values(texts: Collection[str]) -> dict[str, str]:
    """`true` or `false` for each text, where each is one of them, small or capital; else none."""
    found = {text: text.lower() for text in texts}
    return found if set(found.values()) <= {"true", "false"} else {}


def is_missing(cell: Any) -> bool:
    """Whether a cell holds no value: empty, NaN, or what many write for it."""
    if isinstance(cell, str):
        return cell.strip().lower() in MISSING
    return cell is None or cell != cell


def missing_values(
    where: object, found: Mapping[str, Sequence[int]], needed: bool = False
) -> DataError:
    """The error for missing values, whose lines `found` has by column; `needed`: all are."""
    words = []
    for name, lines in list(found.items())[:PLACES]:
        places = ", ".join(map(str, lines[:PLACES]))
        more = f" and {len(lines) - PLACES:,} more" if len(lines) > PLACES else ""
        words.append(f"{shown(name)} in line {places}{more}")
    more = f"; and in {len(found) - PLACES} more columns" if len(found) > PLACES else ""
    return DataError(
        f"{where}: expected a value in every cell, found none in column {'; '.join(words)}{more}; "
        "fill them in, leave the rows out" + ", or the columns with --drop" * (not needed)
    )
