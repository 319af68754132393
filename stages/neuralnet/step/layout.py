"""How the activations of a batch, (rows, columns), lie in memory: row by row or column by column.

Column by column, a tile of whole columns is one piece of memory, which is worked on much faster
than one that lies in short lines far apart: that pays where batch normalisation takes many passes
over it, and where a local layer cuts patches out of it. Row by row is how inputs lie that are only
gathered, and BLAS multiplies them a little faster into outputs that lie likewise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..layers.layer import Layer
from ..layers.local import Local
from ..settings import Settings


class Layout:
    """The layout of a training: what is `stored` in memory, and its `view` (rows, columns)."""

    def __init__(self, layers: Sequence[Layer], settings: Settings) -> None:
        normalizes = any(layer.norm == "batch" for layer in layers)
        local = any(isinstance(layer, Local) for layer in layers)
        self.by_columns = settings.projects or normalizes or local

    def stored(self, rows: int, columns: int) -> tuple[int, int]:
        """The shape in memory of an array (rows, columns)."""
        return (columns, rows) if self.by_columns else (rows, columns)

    def view(self, stored: np.ndarray) -> np.ndarray:
        """(rows, columns) of what is stored, and the other way round."""
        return stored.T if self.by_columns else stored

    def scratch(self, flat: np.ndarray, like: np.ndarray, count: int = 1) -> list[np.ndarray]:
        """So many arrays of the shape and layout of `like`, in flat scratch."""
        arrays = flat[: count * like.size].reshape(count, *self.stored(*like.shape))
        return [self.view(array) for array in arrays]
