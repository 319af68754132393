"""What a hidden layer does with a batch: its pieces on the way forward and on the way back.

What happens between the products is described in tiles.py.

Where there is no normalisation a piece owns any tile of the outputs. A column of batch
normalisation needs all rows and a row of layer normalisation needs all columns: so the former owns
whole columns, and the latter takes a phase of its own, in which a piece owns whole rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..layers.dense import Dense
from .cuts import TOUCH, WorkItem, shards, tiles
from .kernels import Now, Piece
from .layout import Layout
from .panels import Panel
from .tiles import Tiles


class Hidden:
    """One hidden layer on the first `rows` rows of its arrays; arguments as those of `Tiles`."""

    def __init__(
        self,
        number: tuple[int, int],
        layer: Dense,
        tensors: dict[str, np.ndarray],
        arrays: dict[str, np.ndarray],
        rows: int,
        now: Now,
        scratch: np.ndarray,
        seed: int,
        layout: Layout,
    ) -> None:
        self.layer = layer
        self._tiles = Tiles(number, layer, tensors, arrays, rows, now, scratch, seed, layout)
        self.outputs, self.delta = self._tiles.outputs, self._tiles.delta

    def forward(self, x: np.ndarray, panels: Sequence[Panel], first: bool) -> list[list[WorkItem]]:
        """The phases that make outputs of x (rows, inputs)."""
        norm, tasks = self.layer.norm, []
        for panel in panels:
            shape = len(x), panel.W.shape[1]
            home = middle(panel.columns, self.layer.outputs) if first else None
            for r, c in tiles(*shape, whole=first, tall=norm == "batch"):
                columns = slice(panel.columns.start + c.start, panel.columns.start + c.stop)
                piece = self._product(x[r], panel.W[:, c], r, columns)
                if norm != "layer":
                    piece = chain(piece, self._tiles.finish(r, columns, len(tasks)))
                cost = (2 * x.shape[1] + 10 * TOUCH) * (r.stop - r.start) * (c.stop - c.start)
                tasks.append(WorkItem(cost, piece, home))
        if norm != "layer":
            return [tasks]
        whole = slice(0, self.layer.outputs)
        return [tasks, [self._rows(self._tiles.finish(r, whole, n), r) for n, r in self._shards()]]

    def backward(self, above: np.ndarray, W: np.ndarray) -> list[list[WorkItem]]:
        """The phases that make delta of that of the layer above, whose weights are W."""
        tasks = []
        for r, c in tiles(*self.delta.shape, tall=self.layer.norm == "batch"):
            piece = self._down(above[r], W[c], r, c)
            if self.layer.norm != "layer":
                piece = chain(piece, self._tiles.begin(r, c, 0))
            cost = (2 * W.shape[1] + 10 * TOUCH) * (r.stop - r.start) * (c.stop - c.start)
            tasks.append(WorkItem(cost, piece))
        if self.layer.norm != "layer":
            return [tasks]
        whole = slice(0, self.layer.outputs)
        return [tasks, [self._rows(self._tiles.begin(r, whole, n), r) for n, r in self._shards()]]

    def backward_rows(self, above: np.ndarray, W: np.ndarray, r: slice, number: int) -> Piece:
        """The same for some rows (shard `number`) alone: not for batch normalisation."""
        whole = slice(0, self.layer.outputs)
        return chain(self._down(above, W, r, whole), self._tiles.begin(r, whole, number))

    def vectors(self) -> np.ndarray:
        """Gradients of biases and gains, (shards, 2, outputs), to be summed over the shards."""
        return self._tiles.vectors[: len(self._shards()) if self.layer.norm == "layer" else 1]

    def _shards(self) -> list[tuple[int, slice]]:
        return list(enumerate(shards(len(self.delta), least=64)))

    def _rows(self, piece: Piece, r: slice) -> WorkItem:
        return WorkItem(10 * TOUCH * (r.stop - r.start) * self.layer.outputs, piece)

    def _product(self, x: np.ndarray, W: np.ndarray, r: slice, c: slice) -> Piece:
        z = self._tiles.values[r, c]
        return lambda: np.matmul(x, W, out=z)

    def _down(self, above: np.ndarray, W: np.ndarray, r: slice, c: slice) -> Piece:
        delta, W = self.delta[r, c], W.T
        return lambda: np.matmul(above, W, out=delta)


def chain(first: Piece, second: Piece) -> Piece:
    """One piece of two, the second of which needs the first."""

    def piece() -> None:
        first()
        second()

    return piece


def middle(part: slice, length: int) -> float:
    """Where a slice lies in so many items, from 0 to 1."""
    return (part.start + part.stop) / 2 / length
