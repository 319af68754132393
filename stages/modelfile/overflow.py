"""Overflow: probabilities that are no numbers, and whether the model or a row is at fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.errors import DataError
from stages.dataset.formats.layout import shown

MODEL = (
    "expected probabilities from the model, found numbers that overflow: its parameters are too "
    "large; train it again, or use another model"
)


class RowOverflow(DataError):
    """A row of a table overflows in a model that is sound. row: its place; words: without it."""

    def __init__(self, row: int, words: str) -> None:
        super().__init__(f"rows: {words} (row {row}, the first is 0)")
        self.row, self.words = row, words


def overflow(
    rows: np.ndarray,
    found: np.ndarray,
    columns: Sequence[Mapping[str, Any]],
    constants: np.ndarray,
    ask: Callable[[np.ndarray], np.ndarray],
) -> DataError:
    """The error for what was found (n, classes) for rows (n, d) of a table, or for images.

    constants: the standardization, (2, d) or (0, d). ask: rows → probabilities. A model that is
    sound has finite ones for rows of the mean of training and one deviation around it.
    """
    if not columns:
        return DataError(MODEL)
    with np.errstate(all="ignore"):
        mean, inverse = constants if len(constants) else (np.float32(0), np.float32(1))
        spread = np.where(inverse == 0, 0, 1 / inverse)
        usual = np.multiply.outer([-1, 0, 1], np.ones(rows.shape[1])) * spread + mean
        if not np.isfinite(ask(usual.astype(np.float32))).all():
            return DataError(MODEL)
        row = int(np.argmin(np.isfinite(found).all(axis=1)))
        far = np.abs((rows[row].astype(np.float64) - mean) * inverse)
    place = int(far.argmax())
    names = [column["name"] for column in columns for _ in column.get("values", "1")]
    return RowOverflow(
        row,
        f"expected numbers like those that the model was trained on, found {rows[row, place]:g} in "
        f"column {shown(names[place])}, with which its outputs overflow; correct it, or leave the "
        "row out",
    )
