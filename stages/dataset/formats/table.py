"""Tables: columns of numbers and of categories, and one of labels.

A column whose every cell is a number is a number; any other is a category, and becomes one feature
for each of its texts (in order of code points), 1 where a cell has that text and 0 elsewhere
("one-hot"). A text that is not among them is all zeros. The table is read twice, in batches of
rows, and never held as a whole: once to learn its columns, once to make features of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import ConfigError, DataError
from pipeline.store.files import Files
from stages.dataset.classes import number_labels
from stages.dataset.formats.cells import (
    is_missing,
    missing_values,
    number_of,
    text_of,
    truth_values,
)
from stages.dataset.formats.columns import Column, learn_columns, width_of
from stages.dataset.formats.dropped import names_in
from stages.dataset.formats.layout import shown
from stages.dataset.formats.readers import reader_of
from stages.dataset.formats.rows import Batch
from stages.dataset.holdout import held_out
from stages.dataset.spool import Block, Reading, train_first


def read(source: Files, options: Any, context: Context) -> Reading:
    """Yield features float32 (k, d) under "images", and labels; return the record."""
    path = source.files[0].path
    if not options.label:
        with reader_of(path) as reader:
            raise ConfigError(
                f"{path}: expected --label COLUMN, the column to predict, one of "
                f"{', '.join(map(shown, reader.columns[:20]))}"
            )
    with reader_of(path) as reader:
        own = {name.strip(): name for name in reader.columns}  # of Parquet, space may be around one
    dropped = [own.get(name, name) for name in names_in(options.drop)]
    if options.label in dropped:
        raise ConfigError(
            f"--drop {shown(options.label)}: expected columns beside that of --label, found it; "
            "take it out of one of both"
        )
    with reader_of(path) as reader, context.progress("columns", None, "rows") as progress:
        for flag, names in (("--label", [options.label]), ("--drop", dropped)):
            for name in names:
                if name not in reader.columns:
                    raise ConfigError(
                        f"{flag} {shown(name)}: expected a column of {path}, one of "
                        f"{', '.join(map(shown, reader.columns[:20]))}"
                    )
        kept = [name for name in reader.columns if name not in (options.label, *dropped)]
        columns, labels = learn_columns(
            reader.batches(), kept, options.label, path, progress, context.warn
        )
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


def encode(batch: Batch, columns: Sequence[Column], where: object) -> np.ndarray:
    """Features float32 (k, d) of rows. Raises `DataError` on missing values and on no numbers."""
    features = np.zeros((len(batch.lines), width_of(columns)), np.float32)
    start = 0
    for column in columns:
        cells = batch.cells[column["name"]]
        if missing := [place for place, cell in enumerate(cells) if is_missing(cell)]:
            lines = [batch.lines[place] for place in missing]
            raise missing_values(where, {column["name"]: lines}, needed=True)
        if "values" in column:
            number = {value: start + place for place, value in enumerate(column["values"])}
            count = len(number)
            if truths := truth_values(number):  # however a model, or another table, writes them
                number = {truths[value]: place for value, place in number.items()} | number
            for row, cell in enumerate(cells):
                text = text_of(cell)
                if (
                    place := number.get(text, number.get(text.lower()) if truths else None)
                ) is not None:
                    features[row, place] = 1
            start += count
        else:
            for row, cell in enumerate(cells):
                if (value := number_of(cell)) is None:
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
        rows = 0
        for batch in reader.batches():
            rows += len(batch.lines)
            yield batch.lines, encode(batch, columns, path)
        if not rows:
            raise DataError(
                f"{path}: expected rows below the names of the columns, found none to predict"
            )


def unknown_texts(features: np.ndarray, columns: Sequence[Column]) -> dict[str, np.ndarray]:
    """Which rows of features (k, d) have a text that a category does not know: bool (k,) by name.

    Columns without such a row are not named.
    """
    found: dict[str, np.ndarray] = {}
    start = 0
    for column in columns:
        stop = start + width_of([column])
        known = np.any(features[:, start:stop], axis=1)
        if "values" in column and not known.all():
            found[column["name"]] = ~known
        start = stop
    return found


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
