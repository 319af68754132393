"""The products of a dense layer, cut into parts: on the way forward, and of delta on the way back.

Who computes a part of a product goes on with it at once, while it is in the cache (hidden.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..layers.layer import Layer
from .cuts import tiles
from .kernels import Piece
from .panels import Panel


class Product(NamedTuple):
    """Some rows and columns of a layer's arrays, the piece that makes them, and what it costs."""

    rows: slice
    columns: slice
    piece: Piece
    cost: float
    home: float | None = None


def forward(
    layer: Layer, panels: Sequence[Panel], x: np.ndarray, z: np.ndarray, first: bool
) -> list[Product]:
    """z (rows, outputs) ← x (rows, inputs) W, whose columns are the panels."""
    found = []
    for panel in panels:
        home = middle(panel.columns, layer.outputs) if first else None
        for r, c in tiles(len(x), panel.W.shape[1], whole=first, tall=layer.norm == "batch"):
            columns = slice(panel.columns.start + c.start, panel.columns.start + c.stop)
            part = z[r, columns]
            piece = product(x[r], panel.W[:, c], part)
            found.append(Product(r, columns, piece, 2 * x.shape[1] * part.size, home))
    return found


def down(layer: Layer, above: np.ndarray, W: np.ndarray, delta: np.ndarray) -> list[Product]:
    """delta (rows, outputs) of a layer ← that of the dense layer above, times its weights Wᵀ."""
    rows, columns = delta.shape
    return [
        Product(r, c, product(above[r], W[c].T, delta[r, c]), 2 * W.shape[1] * delta[r, c].size)
        for r, c in tiles(rows, columns, tall=layer.norm == "batch")
    ]


def product(x: np.ndarray, W: np.ndarray, out: np.ndarray) -> Piece:
    """out ← x W."""
    return lambda: np.matmul(x, W, out=out)


def middle(part: slice, length: int) -> float:
    """Where a slice lies in so many items, from 0 to 1."""
    centre: float = (part.start + part.stop) / 2
    return centre / length
