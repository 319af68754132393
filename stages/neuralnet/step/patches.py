"""The products of a local layer: position after position, each with weights of its own.

Arrays lie column by column here (layout.py), so that a number of all images of a batch is one line
of memory, a patch some runs of lines, and the outputs of a position one block. A patch is copied to
contiguous scratch, which BLAS then multiplies at once: this beats gathering all patches first by
far, for they take many times the memory of the image that they are cut from.

Where patches are whitened, the batch is not: with the whitening V and a 1 ahead of a patch x,

    z = (1, x) (V W)        gradient of W = Vᵀ ((1, x)ᵀ delta)

V W is small, and made anew in each step. That takes half of the multiplications, and the whitened
patches, six times as large as the images, are nowhere.

On the way back a piece owns a line of the map below, and adds up what the windows that it lies in
have to say, in the order of their positions.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..layers.local import Local
from .cuts import TOUCH, parts
from .kernels import Piece
from .products import Product, middle

TILE = 64  # columns of outputs that are worked on at once, or a position's
BLOCK = 256  # columns of weights


def groups(layer: Local, columns: int) -> list[slice]:
    """Positions in groups of about so many outputs."""
    positions = layer.outputs // layer.units
    return parts(positions, -(-positions // max(1, columns // layer.units)))


def scratch_size(layer: Local, batch: int) -> int:
    """How many numbers of scratch the pieces here need, gradients included."""
    weights: int = max(part.stop - part.start for part in groups(layer, BLOCK))
    weights *= layer.weights // (layer.outputs // layer.units)
    return weights + (1 + layer.numbers) * (batch + layer.units)


class Patches:
    """The pieces of a local layer. whitening: (1 + numbers, components), or None."""

    def __init__(
        self, layer: Local, W: np.ndarray, whitening: np.ndarray | None, scratch: np.ndarray
    ) -> None:
        self._layer, self._W, self._whitening = layer, W, whitening
        self._scratch, self._windows = scratch, layer.windows()
        self._cost = 2 * (W[0].size if whitening is None else len(whitening) * layer.units)

    def forward(self, x: np.ndarray, z: np.ndarray) -> list[Product]:
        """z (rows, outputs) ← the products of x (rows, inputs)."""
        found = []
        for group in groups(self._layer, TILE):
            columns = self._columns(group)
            cost = (self._cost + TOUCH * self._layer.numbers) * len(x) * (group.stop - group.start)
            piece, home = self._forward(group, x, z), middle(columns, self._layer.outputs)
            found.append(Product(slice(0, len(x)), columns, piece, cost, home))
        return found

    def down(self, above: np.ndarray, delta: np.ndarray) -> list[Product]:
        """delta (rows, inputs) of the map below ← that of this layer, above (rows, outputs)."""
        height, width, channels = self._layer.shape
        line, found = width * channels, []
        for y in range(height):
            columns = slice(y * line, (y + 1) * line)
            piece, count = self._down(y, above, delta[:, columns])
            cost = count * (self._cost + 4 * TOUCH * self._layer.numbers) / self._layer.patch
            home = middle(columns, self._layer.inputs)
            found.append(Product(slice(0, len(delta)), columns, piece, cost * len(delta), home))
        return found

    @property
    def shape(self) -> tuple[int, int]:
        """That of the weights of one position."""
        return self._W.shape[1:]

    def gradients(self, rows: int) -> Iterator[tuple[slice, slice, float, float]]:
        """For each block of weights: positions, place in the weights, cost, and home."""
        size = self._W[0].size
        for group in groups(self._layer, BLOCK):
            place = slice(group.start * size, group.stop * size)
            cost = (self._cost + TOUCH * self._layer.numbers) * rows * (group.stop - group.start)
            yield group, place, cost, middle(self._columns(group), self._layer.outputs)

    def gradient(self, group: slice, x: np.ndarray, delta: np.ndarray, out: np.ndarray) -> Piece:
        """out (flat) ← the gradient of the weights of some positions.

        out may be the beginning of scratch.
        """
        whitening, G = self._whitening, out.reshape(-1, *self._W.shape[1:])
        ones, lines, patch, V = self._views(self._scratch[out.size :], len(x))
        work = list(zip(self._cut(x, group), self._outputs(delta, group), G, strict=True))

        def piece() -> None:
            ones[...] = 1
            for pixels, D, own in work:
                patch[...] = pixels
                if whitening is None:
                    np.matmul(lines, D.T, out=own)
                else:
                    np.matmul(lines, D.T, out=V)
                    np.matmul(whitening.T, V, out=own)

        return piece

    def _forward(self, group: slice, x: np.ndarray, z: np.ndarray) -> Piece:
        whitening, (ones, lines, patch, V) = self._whitening, self._views(self._scratch, len(x))
        work = list(zip(self._cut(x, group), self._outputs(z, group), self._W[group], strict=True))

        def piece() -> None:
            ones[...] = 1
            for pixels, out, W in work:
                patch[...] = pixels
                if whitening is None:
                    np.matmul(W.T, lines, out=out)
                else:
                    np.matmul(whitening, W, out=V)
                    np.matmul(V.T, lines, out=out)

        return piece

    def _down(self, y: int, above: np.ndarray, line: np.ndarray) -> tuple[Piece, int]:
        """The piece for one line of the map below, and how many windows it lies in."""
        layer, work = self._layer, []
        size = layer.patch * layer.shape[2]
        scratch = self._scratch[: size * len(line)].reshape(size, -1)
        for number, (rows, columns) in enumerate(self._windows):
            if rows.start <= y < rows.stop:
                (out,) = self._outputs(above, slice(number, number + 1))
                W = self._W[number].reshape(layer.patch, size, -1)[y - rows.start]
                start = columns.start * layer.shape[2]
                work.append((W, out, line.T[start : start + size]))

        def piece() -> None:
            line[...] = 0
            for W, delta, part in work:
                np.matmul(W, delta, out=scratch)
                np.add(part, scratch, out=part)

        return piece, len(work)

    def _columns(self, group: slice) -> slice:
        return slice(group.start * self._layer.units, group.stop * self._layer.units)

    def _cut(self, x: np.ndarray, group: slice) -> list[np.ndarray]:
        """The patches of x (rows, inputs) at some positions, (*shape of a patch, rows)."""
        images = x.T.reshape(*self._layer.shape, len(x))
        return [images[window] for window in self._windows[group]]

    def _outputs(self, z: np.ndarray, group: slice) -> np.ndarray:
        """(positions, units, rows) of z (rows, outputs), for some positions."""
        return z[:, self._columns(group)].T.reshape(-1, self._layer.units, len(z))

    def _views(self, scratch: np.ndarray, rows: int) -> tuple[np.ndarray, ...]:
        """Of scratch: the 1 ahead of a patch (or nothing), both, the patch, and V W."""
        layer, ahead = self._layer, self._whitening is not None
        count = ahead + layer.numbers
        lines = scratch[: count * rows].reshape(count, rows)
        patch = lines[ahead:].reshape(*layer.shape_of_patch, rows)
        V = scratch[lines.size :][: count * layer.units].reshape(count, layer.units)
        return lines[:ahead], lines, patch, V
