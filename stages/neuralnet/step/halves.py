"""Whitening by halves: half of the products, where each component is even or odd.

PCA that is fitted on images and their mirrors finds components that do not change when an image is
mirrored (even), or only their sign does (odd). With L the left half of an image and R its right
half, mirrored,

    x W = (L + R) W_left for even columns,  (L - R) W_left for odd ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..images.pixels import mirror
from ..inputs import Inputs, mirrored


def parities(inputs: Inputs) -> tuple[np.ndarray, np.ndarray] | None:
    """The numbers of the even and of the odd columns; None unless each one is exactly either."""
    if inputs.whitening is None or inputs.shape is None or inputs.shape[2] % 2:
        return None
    columns = inputs.whitening[1:].T
    others = mirrored(columns, inputs.shape)
    even, odd = (columns == others).all(axis=1), (columns == -others).all(axis=1)
    return (np.flatnonzero(even), np.flatnonzero(odd & ~even)) if (even | odd).all() else None


class HalfPart(NamedTuple):
    """Some columns of the inputs, all even or all odd, and what makes them of halves of images."""

    columns: np.ndarray  # (k,): their numbers
    weights: np.ndarray  # (d/2, k)
    offsets: np.ndarray  # (k,)


class Halves:
    """The halves of images, and of the whitening that makes inputs of them.

    columns, weights (d/2, k), offsets (k,): each of the even ones and of the odd ones. Where
    nothing else is to be done to stored rows than to scale them, `stored` is True, and that is in
    the weights already: halves are taken of stored rows, else of converted ones.
    """

    def __init__(self, inputs: Inputs, columns: tuple[np.ndarray, np.ndarray], rows: int) -> None:
        assert inputs.shape is not None  # or there would be no parities
        assert inputs.whitening is not None
        self.columns, self.stored = columns, inputs.linear
        self._width = inputs.shape[2]
        lines = inputs.whitening[1:].reshape(-1, self._width, inputs.whitening.shape[1])
        left = lines[:, : self._width // 2].reshape(-1, lines.shape[2])
        kind = left.dtype.type
        self.weights = [np.ascontiguousarray(left[:, own]) for own in columns]
        self.offsets = [inputs.whitening[0, own] for own in columns]
        if self.stored:
            self.offsets[0] = self.offsets[0] + kind(2 * inputs.offset) * self.weights[0].sum(
                axis=0
            )
            self.weights = [weights * kind(inputs.scale) for weights in self.weights]
        self._rows = rows
        self._buffers: tuple[np.ndarray, np.ndarray] | None = None

    def part(self, number: int, part: slice) -> HalfPart:
        """Some of the even columns (number 0), or of the odd ones."""
        columns, weights, offsets = self.columns[number], self.weights[number], self.offsets[number]
        return HalfPart(columns[part], weights[:, part], offsets[part])

    def split(self, x: np.ndarray, sums: np.ndarray, differences: np.ndarray) -> None:
        """sums ← L + R, differences ← L - R, each (n, d/2), of images x (n, d) of any dtype."""
        if self._buffers is None:
            shape = self._rows, x.shape[1]
            self._buffers = np.empty(shape, x.dtype), np.empty((shape[0], shape[1] // 2), x.dtype)
        turned, half = (buffer[: len(x)] for buffer in self._buffers)
        source, target = mirror(x, turned, self._width)
        target[...] = source
        line = np.dtype(f"V{self._width // 2 * x.itemsize}")  # half a line at once
        for images, out in ((x, sums), (turned, differences)):
            half.view(line)[...] = images.view(line)[:, ::2]
            np.copyto(out, half)
        np.add(sums, differences, out=sums)
        np.multiply(differences, -2, out=differences)
        np.add(differences, sums, out=differences)
