"""Tables: columns of numbers and of categories, and one of labels.

A column whose every cell is a number is a number; any other is a category, and becomes one feature
for each of its texts (in order of code points), 1 where a cell has that text and 0 elsewhere
("one-hot"). A text that is not among them is all zeros. The table is read twice, in batches of
rows, and never held as a whole: once to learn its columns, once to make features of them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import ConfigError, DataError
from pipeline.store.files import Files
from stages.dataset.aside import Block, train_first
from stages.dataset.classes import check_number, number_labels
from stages.dataset.formats.layout import RECORDS, shown
from stages.dataset.formats.readers import Batch, reader_of
from stages.dataset.holdout import held_out

CATEGORIES = 100  # of a column
FEATURES = 100_000
PLACES = 5  # that a message names
MISSING = frozenset(("", "?", "na", "n/a", "nan", "null", "none", "-nan", "#n/a"))
Column = Mapping[str, Any]  # {"name", "kind": "number"} or {"name", "kind": "category", "values"}


def read(source: Files, options: Any, context: Context) -> Iterator[Block]:
    """Yield features float32 (k, d) under "images", and labels; return the record."""
    path = source.files[0].path
    if not options.label:
        with reader_of(path) as reader:
            raise ConfigError(
                f"{path}: expected --label COLUMN, the column to predict, one of "
                f"{', '.join(map(shown, reader.columns[:20]))}"
            )
    dropped = [name.strip() for name in options.drop.split(",") if name.strip()]
    with reader_of(path) as reader, context.progress("columns", None, "rows") as progress:
        for flag, names in (("--label", [options.label]), ("--drop", dropped)):
            for name in names:
                if name not in reader.columns:
                    raise ConfigError(
                        f"{flag} {shown(name)}: expected a column of {path}, one of "
                        f"{', '.join(map(shown, reader.columns[:20]))}"
                    )
        kept = [name for name in reader.columns if name not in (options.label, *dropped)]
        columns, labels = _learn(reader.batches(), kept, options.label, path, progress)
    names, numbers = number_labels(labels, np.ones(len(labels), bool), f"--label {options.label}")
    test = held_out(numbers, f"{path}, column {shown(options.label)}")
    with reader_of(path) as reader, context.progress("decode", len(labels), "rows") as progress:
        yield from train_first(_features(reader.batches(), columns, numbers, test, progress))
    return {
        "classes": names,
        "train": int(len(test) - test.sum()),
        "test": int(test.sum()),
        "shape": None,
        "columns": columns,
    }


def width_of(columns: Iterable[Column]) -> int:
    """The number of features that columns make."""
    return sum(len(column["values"]) if "values" in column else 1 for column in columns)


def encode(batch: Batch, columns: Sequence[Column], where: object) -> np.ndarray:
    """Features float32 (k, d) of rows. Raises `DataError` on missing values and on no numbers."""
    features = np.zeros((len(batch.lines), width_of(columns)), np.float32)
    start = 0
    for column in columns:
        cells = batch.cells[column["name"]]
        if missing := [place for place, cell in enumerate(cells) if _is_missing(cell)]:
            raise _missing(where, {column["name"]: [batch.lines[place] for place in missing]})
        if "values" in column:
            number = {value: start + place for place, value in enumerate(column["values"])}
            for row, cell in enumerate(cells):
                if (place := number.get(_text(cell))) is not None:
                    features[row, place] = 1
            start += len(number)
        else:
            for row, cell in enumerate(cells):
                if (value := _number(cell)) is None:
                    raise DataError(
                        f"{where}, column {shown(column['name'])}: expected a finite number, found "
                        f"{shown(str(cell))} in line {batch.lines[row]}"
                    )
                features[row, start] = value
            start += 1
    return features


def rows_of(path: Path, columns: Sequence[Column]) -> Iterator[tuple[Sequence[int], np.ndarray]]:
    """Lines and features float32 (k, d) of a table that has these columns, batch by batch."""
    with reader_of(path) as reader:
        if missing := [c["name"] for c in columns if c["name"] not in reader.columns]:
            raise DataError(
                f"{path}: expected the columns that the model was trained on, found none named "
                f"{', '.join(map(shown, missing[:8]))}; add them"
            )
        for batch in reader.batches():
            yield batch.lines, encode(batch, columns, path)


@dataclass
class _Seen:
    """What the cells of a column were so far."""

    texts: set[str] = field(default_factory=set)
    other: tuple[int, Any] | None = None  # the first that is no number, and its line
    infinite: int | None = None
    missing: list[int] = field(default_factory=list)


def _learn(
    batches: Iterator[Batch], kept: Sequence[str], label: str, path: object, progress: Any
) -> tuple[list[Column], np.ndarray]:
    """What each column is, and the labels (n,) as texts or whole numbers."""
    seen = {name: _Seen() for name in (*kept, label)}
    labels, texts = array("I"), dict[str, int]()
    for batch in batches:
        if len(labels) + len(batch.lines) > RECORDS:
            raise DataError(f"{path}: expected at most {RECORDS:,} rows, found more")
        for name in kept:
            _look(seen[name], batch.cells[name], batch.lines)
        for place, cell in enumerate(batch.cells[label]):
            if _is_missing(cell):
                seen[label].missing.append(batch.lines[place])
            labels.append(texts.setdefault(_text(cell), len(texts)))
        check_number(len(texts), f"--label {label}")
        progress.advance(len(batch.lines))
    if not labels:
        raise DataError(f"{path}: expected rows below the names of the columns, found none")
    if missing := {name: found.missing for name, found in seen.items() if found.missing}:
        raise _missing(path, missing)
    if not kept:
        raise DataError(f"{path}: expected columns beside {shown(label)}, found none")
    columns = [_column(name, seen[name], path) for name in kept]
    if width_of(columns) > FEATURES:
        raise DataError(f"{path}: expected at most {FEATURES:,} features, found more")
    return columns, _as_labels(list(texts))[np.asarray(labels)]


def _look(seen: _Seen, cells: Sequence[Any], lines: Sequence[int]) -> None:
    for place, cell in enumerate(cells):
        if _is_missing(cell):
            seen.missing.append(lines[place])
            continue
        if len(seen.texts) <= CATEGORIES:
            seen.texts.add(_text(cell))
        if seen.other is None and _number(cell) is None:
            seen.other = lines[place], cell


def _column(name: str, seen: _Seen, path: object) -> Column:
    if seen.other is None:
        return {"name": name, "kind": "number"}
    if len(seen.texts) > CATEGORIES or _is_infinite(seen.other[1]):
        line, cell = seen.other
        raise DataError(
            f"{path}, column {shown(name)}: expected finite numbers, or at most {CATEGORIES} "
            f"different texts, found {shown(str(cell))} in line {line}"
            + (" and more" * (len(seen.texts) > CATEGORIES))
            + f"; correct it, or leave the column out with --drop {shown(name)}"
        )
    return {"name": name, "kind": "category", "values": sorted(seen.texts)}


def _features(
    batches: Iterator[Batch],
    columns: Sequence[Column],
    numbers: np.ndarray,
    test: np.ndarray,
    progress: Any,
) -> Iterator[tuple[np.ndarray, Block]]:
    start = 0
    for batch in batches:
        part = slice(start, start + len(batch.lines))
        if part.stop > len(test):
            raise DataError("the table grew while it was read; run the same command again")
        yield test[part], {"images": encode(batch, columns, "the table"), "labels": numbers[part]}
        start = part.stop
        progress.advance(len(batch.lines))
    if start < len(test):
        raise DataError("the table shrank while it was read; run the same command again")


def _number(cell: Any) -> float | None:
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


def _is_infinite(cell: Any) -> bool:
    try:
        return not abs(float(cell)) <= 3.4028234e38
    except (TypeError, ValueError):
        return False


def _text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell)


def _is_missing(cell: Any) -> bool:
    if isinstance(cell, str):
        return cell.strip().lower() in MISSING
    return cell is None or cell != cell


def _as_labels(labels: list[str]) -> np.ndarray:
    """Texts (n,); numbers where all are."""
    try:
        found = np.array([float(text) for text in labels])
    except ValueError:
        return np.array(labels)
    return found


def _missing(where: object, found: Mapping[str, Sequence[int]]) -> DataError:
    words = []
    for name, lines in list(found.items())[:PLACES]:
        places = ", ".join(map(str, lines[:PLACES]))
        more = f" and {len(lines) - PLACES:,} more" if len(lines) > PLACES else ""
        words.append(f"{shown(name)} in line {places}{more}")
    more = f"; and in {len(found) - PLACES} more columns" if len(found) > PLACES else ""
    return DataError(
        f"{where}: expected a value in every cell, found none in column {'; '.join(words)}{more}; "
        "fill them in, leave the rows out, or the columns with --drop"
    )
