"""Columns of a table: which are numbers, which categories, learned in one reading.

A column whose every cell is a number is a number; any other is a category, of at most 100 texts.
"""

from __future__ import annotations

import array
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.errors import DataError
from stages.dataset.classes import check_number
from stages.dataset.formats.cells import (
    is_infinite,
    is_missing,
    loses_digits,
    missing_values,
    number_of,
    text_of,
    truth_values,
)
from stages.dataset.formats.dropped import drop_flag
from stages.dataset.formats.layout import RECORDS, shown
from stages.dataset.formats.rows import Batch

CATEGORIES = 100  # of a column
FEATURES = 100_000
_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]{0,17}))(?:\.0*)?", re.ASCII)
_LIKE_NUMBERS = re.compile(r"[-+−$€£]?[0-9][0-9.,' ]*%?", re.ASCII)
Column = Mapping[str, Any]  # {"name", "kind": "number"} or {"name", "kind": "category", "values"}


def width_of(columns: Iterable[Column]) -> int:
    """The number of features that columns make."""
    return sum(len(column["values"]) if "values" in column else 1 for column in columns)


@dataclass
class _Seen:
    """What the cells of a column were so far."""

    texts: set[str] = field(default_factory=set)
    other: tuple[int, Any] | None = None  # the first that is no number, and its line
    infinite: int | None = None
    missing: list[int] = field(default_factory=list)
    least: float = math.inf
    most: float = -math.inf


def learn_columns(
    batches: Iterator[Batch],
    kept: Sequence[str],
    label: str,
    path: object,
    progress: Any,
    warn: Callable[[str], None],
) -> tuple[list[Column], np.ndarray]:
    """What each column is, and the labels (n,) as texts or whole numbers."""
    seen = {name: _Seen() for name in (*kept, label)}
    labels, texts = array.array("I"), dict[str, int]()
    for batch in batches:
        if len(labels) + len(batch.lines) > RECORDS:
            raise DataError(f"{path}: expected at most {RECORDS:,} rows, found more")
        for name in kept:
            _look(seen[name], batch.cells[name], batch.lines)
        for place, cell in enumerate(batch.cells[label]):
            if is_missing(cell):
                seen[label].missing.append(batch.lines[place])
            labels.append(texts.setdefault(text_of(cell), len(texts)))
        check_number(len(texts), f"--label {label}")
        progress.advance(len(batch.lines))
    if not labels:
        raise DataError(f"{path}: expected rows below the names of the columns, found none")
    if missing := {name: found.missing for name, found in seen.items() if found.missing}:
        raise missing_values(path, missing)
    if not kept:
        raise DataError(f"{path}: expected columns beside {shown(label)}, found none")
    columns = [_column(name, seen[name], path, warn) for name in kept]
    if width_of(columns) > FEATURES:
        raise DataError(f"{path}: expected at most {FEATURES:,} features, found more")
    return columns, _as_labels(list(texts))[np.asarray(labels)]


def _look(seen: _Seen, cells: Sequence[Any], lines: Sequence[int]) -> None:
    for place, cell in enumerate(cells):
        if is_missing(cell):
            seen.missing.append(lines[place])
            continue
        if len(seen.texts) <= CATEGORIES:
            seen.texts.add(text_of(cell))
        if seen.other is None:
            if (number := number_of(cell)) is None:
                seen.other = lines[place], cell
            else:
                seen.least, seen.most = min(seen.least, number), max(seen.most, number)


def _column(name: str, seen: _Seen, path: object, warn: Callable[[str], None]) -> Column:
    if seen.other is None:
        if loses_digits(seen.least, seen.most):
            warn(
                f"{path}, column {shown(name)}: numbers from {seen.least:.15g} to {seen.most:.15g} "
                "are nearly the same as float32, which has 7 digits; subtract the least from all, "
                f"or leave the column out with {drop_flag(name)}"
            )
        return {"name": name, "kind": "number"}
    if len(seen.texts) > CATEGORIES or is_infinite(seen.other[1]):
        line, cell = seen.other
        raise DataError(
            f"{path}, column {shown(name)}: expected finite numbers, or at most {CATEGORIES} "
            f"different texts, found {shown(str(cell))} in line {line}"
            + (" and more" * (len(seen.texts) > CATEGORIES))
            + f"; correct it, or leave the column out with {drop_flag(name)}"
        )
    if 2 * sum(bool(_LIKE_NUMBERS.fullmatch(text)) for text in seen.texts) > len(seen.texts):
        line, cell = seen.other
        warn(
            f"{path}, column {shown(name)}: taken as a category of {len(seen.texts)} texts, not as "
            f"numbers, because of {shown(str(cell))} in line {line}; where numbers are meant, "
            f"correct it, or leave the column out with {drop_flag(name)}"
        )
    texts = set(truth_values(seen.texts).values()) or seen.texts  # one text, whatever file it is
    return {"name": name, "kind": "category", "values": sorted(texts)}


def _as_labels(labels: list[str]) -> np.ndarray:
    """Texts (n,); whole numbers where all are written as such, fractions where all are numbers.

    A text such as 007 is none: 7 may be another class.
    """
    if all(found := [_WHOLE.fullmatch(text) for text in labels]):
        return np.array([int(match[1]) for match in found if match])
    numbers = [number_of(text) for text in labels]
    if None not in numbers and any(number % 1 for number in numbers if number is not None):
        return np.array(numbers)
    return np.array(labels)
