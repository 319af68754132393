"""What a hidden layer does with a batch: its pieces on the way forward and on the way back.

    z = x W     y = gains * x̂(z) + biases, or z + biases     a = f(y)     outputs = mask * a

Where there is no normalisation a piece owns any tile of the outputs. A column of batch
normalisation needs all rows and a row of layer normalisation needs all columns: so the former owns
whole columns, and the latter takes a phase of its own, in which a piece owns whole rows.

Arrays (rows, outputs), which are there where they are needed: values, a where dropout makes
something else of it; inner, y where f' is taken from it; hat, x̂; mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import normalization
from .activations import ACTIVATIONS
from .cuts import TOUCH, Task, shards, tiles
from .dropout import draw
from .kernels import Now, Piece
from .layers import Dense
from .memory import Shapes
from .panels import Panel


def shapes(number: int, layer: Dense, batch: int, dtype: Any) -> Shapes:
    """The arrays of hidden layer `number` beside its outputs and delta."""
    form, plan = (batch, layer.outputs), {}
    if layer.dropout:
        plan |= {f"values {number}": (form, dtype), f"mask {number}": (form, dtype)}
    if ACTIVATIONS[layer.activation].inner:
        plan[f"inner {number}"] = form, dtype
    if layer.norm != "none":
        count = len(shards(batch, least=64))
        plan[f"hat {number}"] = form, dtype
        plan[f"inverse {number}"] = (max(form),), dtype
        plan[f"vectors {number}"] = (count, 2, layer.outputs), dtype
    return plan


class Hidden:
    """One hidden layer on the first `rows` rows of its arrays; room: scratch of one worker.

    seed: of dropout; the training's, and the number of the member of an ensemble.
    """

    def __init__(
        self,
        number: int,
        layer: Dense,
        tensors: dict[str, np.ndarray],
        arrays: dict[str, np.ndarray],
        rows: int,
        now: Now,
        room: np.ndarray,
        seed: tuple[int, ...],
    ) -> None:
        self.number, self.layer, self._now, self._room, self._seed = number, layer, now, room, seed
        self._tensors, self._activation = tensors, ACTIVATIONS[layer.activation]
        found = {
            name: arrays[f"{name} {number}"][:rows]
            for name in ("outputs", "delta", "values", "mask", "inner", "hat")
            if f"{name} {number}" in arrays
        }
        self.outputs, self.delta = found["outputs"], found["delta"]
        self._values = found.get("values", self.outputs)
        self._mask, self._inner = found.get("mask"), found.get("inner")
        self._hat = found.get("hat")
        self._inverse = arrays.get(f"inverse {number}")
        self._vectors = arrays.get(f"vectors {number}")
        self._ones = np.ones(rows, self.outputs.dtype)

    def forward(self, x: np.ndarray, panels: Sequence[Panel], first: bool) -> list[list[Task]]:
        """The phases that make outputs of x (rows, inputs)."""
        norm, tasks = self.layer.norm, []
        for panel in panels:
            shape = len(x), panel.W.shape[1]
            home = middle(panel.columns, self.layer.outputs) if first else None
            for r, c in tiles(*shape, whole=first, tall=norm == "batch"):
                columns = slice(panel.columns.start + c.start, panel.columns.start + c.stop)
                piece = self._product(x[r], panel.W[:, c], r, columns)
                if norm != "layer":
                    piece = chain(piece, self._finish(r, columns, len(tasks)))
                cost = (2 * x.shape[1] + 10 * TOUCH) * (r.stop - r.start) * (c.stop - c.start)
                tasks.append(Task(cost, piece, home))
        if norm != "layer":
            return [tasks]
        whole = slice(0, self.layer.outputs)
        return [tasks, [self._rows(self._finish(r, whole, n), r) for n, r in self._shards()]]

    def backward(self, above: np.ndarray, W: np.ndarray) -> list[list[Task]]:
        """The phases that make delta of that of the layer above, whose weights are W."""
        tasks = []
        for r, c in tiles(*self.delta.shape, tall=self.layer.norm == "batch"):
            piece = self._down(above[r], W[c], r, c)
            if self.layer.norm != "layer":
                piece = chain(piece, self._begin(r, c, 0))
            cost = (2 * W.shape[1] + 10 * TOUCH) * (r.stop - r.start) * (c.stop - c.start)
            tasks.append(Task(cost, piece))
        if self.layer.norm != "layer":
            return [tasks]
        whole = slice(0, self.layer.outputs)
        return [tasks, [self._rows(self._begin(r, whole, n), r) for n, r in self._shards()]]

    def backward_rows(self, above: np.ndarray, W: np.ndarray, r: slice, number: int) -> Piece:
        """The same for some rows (shard `number`) alone: not for batch normalisation."""
        whole = slice(0, self.layer.outputs)
        return chain(self._down(above, W, r, whole), self._begin(r, whole, number))

    def vectors(self) -> np.ndarray:
        """Gradients of biases and gains, (shards, 2, outputs), to be summed over the shards."""
        return self._vectors[: len(self._shards()) if self.layer.norm == "layer" else 1]

    def _shards(self) -> list[tuple[int, slice]]:
        return list(enumerate(shards(len(self.delta), least=64)))

    def _rows(self, piece: Piece, r: slice) -> Task:
        return Task(10 * TOUCH * (r.stop - r.start) * self.layer.outputs, piece)

    def _product(self, x: np.ndarray, W: np.ndarray, r: slice, c: slice) -> Piece:
        z = self._values[r, c]
        return lambda: np.matmul(x, W, out=z)

    def _down(self, above: np.ndarray, W: np.ndarray, r: slice, c: slice) -> Piece:
        delta, W = self.delta[r, c], W.T
        return lambda: np.matmul(above, W, out=delta)

    def _finish(self, r: slice, c: slice, tile: int) -> Piece:
        """From z to the outputs."""
        z, out, b = self._values[r, c], self.outputs[r, c], self._tensors["biases"][c]
        inner, mask = _cut(self._inner, r, c), _cut(self._mask, r, c)
        value, rate, seed, now = self._activation.value, self.layer.dropout, self._seed, self._now
        normalize, number = self._normalize(r, c), self.number

        def piece() -> None:
            if normalize is not None:
                normalize()
            np.add(z, b, out=z)
            if inner is not None:
                inner[...] = z
            value(z)
            if mask is not None:
                draw(mask, rate, (number, tile, now.count), seed)
                np.multiply(z, mask, out=out)

        return piece

    def _begin(self, r: slice, c: slice, shard: int) -> Piece:
        """From the derivative by the outputs to that by z."""
        delta, slope = self.delta[r, c], self._activation.slope
        mask = _cut(self._mask, r, c)
        given = self._values[r, c] if self._inner is None else self._inner[r, c]
        room = self._room[: delta.size].reshape(delta.shape)
        normalize = self._denormalize(r, c, shard, room)

        def piece() -> None:
            if mask is not None:
                np.multiply(delta, mask, out=delta)
            slope(given, delta, room)
            if normalize is not None:
                normalize()

        return piece

    def _normalize(self, r: slice, c: slice) -> Piece | None:
        """z ← gains * x̂(z)."""
        if self.layer.norm == "none":
            return None
        z, hat, gains, ones = self._values[r, c], self._hat[r, c], self._gains(c), self._ones
        inverse, forward = self._inverse, normalization.layer_forward
        if self.layer.norm == "batch":
            means, variances = (self._tensors[name][c] for name in ("means", "variances"))

        def batch() -> None:
            inverse[c] = normalization.batch_forward(z, hat, means, variances, ones)
            np.multiply(hat, gains, out=z)

        def layer() -> None:
            inverse[r] = forward(z, hat)[:, 0]
            np.multiply(hat, gains, out=z)

        return batch if self.layer.norm == "batch" else layer

    def _denormalize(self, r: slice, c: slice, shard: int, room: np.ndarray) -> Piece | None:
        if self.layer.norm == "none":
            return None
        delta, hat, gains, ones = self.delta[r, c], self._hat[r, c], self._gains(c), self._ones
        gradients = self._vectors[shard][:, c]
        inverse = self._inverse[c] if self.layer.norm == "batch" else self._inverse[r][:, None]

        def batch() -> None:
            normalization.batch_backward(delta, hat, inverse, gains, ones, gradients, room)

        def layer() -> None:
            normalization.layer_backward(delta, hat, inverse, gains, gradients, room)

        return batch if self.layer.norm == "batch" else layer

    def _gains(self, c: slice) -> np.ndarray:
        return self._tensors["gains"][c]


def chain(first: Piece, second: Piece) -> Piece:
    """One piece of two, the second of which needs the first."""

    def piece() -> None:
        first()
        second()

    return piece


def middle(part: slice, length: int) -> float:
    """Where a slice lies in so many items, from 0 to 1."""
    return (part.start + part.stop) / 2 / length


def _cut(array: np.ndarray | None, r: slice, c: slice) -> np.ndarray | None:
    return None if array is None else array[r, c]
