"""What a hidden layer does with a batch: its pieces on the way forward and on the way back.

The products are described in products.py (of a local layer: in patches.py), what happens between
them in tiles.py.

Where there is no normalisation a piece owns any tile of the outputs. A column of batch
normalisation needs all rows and a row of layer normalisation needs all columns: so the former owns
whole columns, and the latter takes a phase of its own, in which a piece owns whole rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..layers.layer import Layer
from .cuts import TOUCH, WorkItem, shards
from .kernels import Now, Piece
from .layout import Layout
from .products import Product, product
from .tiles import Tiles


class Hidden:
    """One hidden layer on the first `rows` rows of its arrays; arguments as those of `Tiles`."""

    def __init__(
        self,
        number: tuple[int, int],
        layer: Layer,
        tensors: dict[str, np.ndarray],
        arrays: dict[str, np.ndarray],
        rows: int,
        now: Now,
        scratch: np.ndarray,
        seed: int,
        layout: Layout,
        kernels: str = "numpy",
    ) -> None:
        self.layer = layer
        tools = now, scratch, seed, layout, kernels
        self._tiles = Tiles(number, layer, tensors, arrays, rows, *tools)
        self.outputs, self.delta = self._tiles.outputs, self._tiles.delta
        self.values = self._tiles.values

    def forward(self, products: Sequence[Product]) -> list[list[WorkItem]]:
        """The phases that make outputs: these parts of z, and what follows."""
        tasks = []
        for number, (r, c, piece, cost, home) in enumerate(products):
            if self.layer.norm != "layer":
                piece = chain(piece, self._tiles.finish(r, c, number))
            tasks.append(WorkItem(cost + self._touched(r, c), piece, home))
        if self.layer.norm != "layer":
            return [tasks]
        whole = slice(0, self.layer.outputs)
        return [tasks, [self._rows(self._tiles.finish(r, whole, n), r) for n, r in self._shards()]]

    def backward(self, products: Sequence[Product]) -> list[list[WorkItem]]:
        """The phases that make delta: these parts of the product above, and what follows."""
        tasks = []
        for r, c, piece, cost, home in products:
            if self.layer.norm != "layer":
                piece = chain(piece, self._tiles.begin(r, c, 0))
            tasks.append(WorkItem(cost + self._touched(r, c), piece, home))
        if self.layer.norm != "layer":
            return [tasks]
        whole = slice(0, self.layer.outputs)
        return [tasks, [self._rows(self._tiles.begin(r, whole, n), r) for n, r in self._shards()]]

    def backward_rows(self, above: np.ndarray, W: np.ndarray, r: slice, number: int) -> Piece:
        """The same for some rows (shard `number`) alone: not for batch normalisation."""
        whole = slice(0, self.layer.outputs)
        down = product(above, W.T, self.delta[r, whole])
        return chain(down, self._tiles.begin(r, whole, number))

    def vectors(self) -> np.ndarray | None:
        """Gradients of biases and gains, (shards, 2, outputs), to be summed over the shards.

        None: there is no normalisation, and those of the biases are the sums of delta.
        """
        if (kept := self._tiles.normalized) is None:
            return None
        return kept.vectors[: len(self._shards()) if self.layer.norm == "layer" else 1]

    def _shards(self) -> list[tuple[int, slice]]:
        return list(enumerate(shards(len(self.delta), least=64)))

    def _rows(self, piece: Piece, r: slice) -> WorkItem:
        return WorkItem(10 * TOUCH * (r.stop - r.start) * self.layer.outputs, piece)

    def _touched(self, r: slice, c: slice) -> int:
        """What comes after a product, in its costs."""
        count: int = (r.stop - r.start) * (c.stop - c.start)
        return 10 * TOUCH * count


def chain(first: Piece, second: Piece) -> Piece:
    """One piece of two, the second of which needs the first."""

    def piece() -> None:
        first()
        second()

    return piece
