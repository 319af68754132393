"""What a hidden layer does with a tile of its outputs, after the product and before the next one.

    z = x W     y = gains * x̂(z) + biases, or z + biases     a = f(y)     outputs = mask * a

All arrays lie in memory column by column: a tile of whole columns is one piece of memory, which is
worked on much faster than one that lies in short lines far apart.

Arrays (rows, outputs), which are there where they are needed: values, a where dropout makes
something else of it; inner, y where f' is taken from it; hat, x̂; mask.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..layers import normalization
from ..layers.activations import ACTIVATIONS
from ..layers.dense import Dense
from ..layers.dropout import draw
from ..memory import Shapes
from .cuts import shards
from .kernels import Now, Piece


def shapes(number: int, layer: Dense, batch: int, dtype: Any) -> Shapes:
    """The arrays of hidden layer `number`."""
    form, plan = (layer.outputs, batch), {}
    plan |= {f"outputs {number}": (form, dtype), f"delta {number}": (form, dtype)}
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


class Tiles:
    """The pieces of one hidden layer that work on tiles of the first `rows` rows of its arrays.

    number: of the member of an ensemble, and of the layer in it. scratch: that of one worker. seed:
    of dropout.
    """

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
    ) -> None:
        self._number, self._layer, self._now, self._seed = number, layer, now, seed
        self._scratch = scratch
        self._tensors, self._activation = tensors, ACTIVATIONS[layer.activation]
        found = {
            name: arrays[f"{name} {number[1]}"].T[:rows]
            for name in ("outputs", "delta", "values", "mask", "inner", "hat")
            if f"{name} {number[1]}" in arrays
        }
        self.outputs, self.delta = found["outputs"], found["delta"]
        self.values = found.get("values", self.outputs)
        self._mask, self._inner = found.get("mask"), found.get("inner")
        self._hat = found.get("hat")
        self._inverse = arrays.get(f"inverse {number[1]}")
        self.vectors = arrays.get(f"vectors {number[1]}")
        self._ones = np.ones(rows, self.outputs.dtype)

    def finish(self, r: slice, c: slice, tile: int) -> Piece:
        """From z to the outputs."""
        z, out, b = self.values[r, c], self.outputs[r, c], self._tensors["biases"][c]
        inner, mask = _cut(self._inner, r, c), _cut(self._mask, r, c)
        value, rate, seed, now = self._activation.value, self._layer.dropout, self._seed, self._now
        normalize, number = self._normalize(r, c), self._number

        def piece() -> None:
            if normalize is not None:
                normalize()
            np.add(z, b, out=z)
            if inner is not None:
                inner[...] = z
            value(z)
            if mask is not None:
                draw(mask.T, rate, (*number, tile, now.count), seed)
                np.multiply(z, mask, out=out)

        return piece

    def begin(self, r: slice, c: slice, shard: int) -> Piece:
        """From the derivative by the outputs to that by z."""
        delta, slope = self.delta[r, c], self._activation.slope
        mask = _cut(self._mask, r, c)
        given = self.values[r, c] if self._inner is None else self._inner[r, c]
        scratch = self._scratch[: delta.size].reshape(delta.shape[::-1]).T
        normalize = self._denormalize(r, c, shard, scratch)

        def piece() -> None:
            if mask is not None:
                np.multiply(delta, mask, out=delta)
            slope(given, delta, scratch)
            if normalize is not None:
                normalize()

        return piece

    def _normalize(self, r: slice, c: slice) -> Piece | None:
        """z ← gains * x̂(z)."""
        if self._layer.norm == "none":
            return None
        z, hat, gains, ones = self.values[r, c], self._hat[r, c], self._gains(c), self._ones
        inverse, forward = self._inverse, normalization.layer_forward
        if self._layer.norm == "batch":
            means, variances = (self._tensors[name][c] for name in ("means", "variances"))

        def batch() -> None:
            inverse[c] = normalization.batch_forward(z, hat, means, variances, ones)
            np.multiply(hat, gains, out=z)

        def layer() -> None:
            inverse[r] = forward(z, hat)[:, 0]
            np.multiply(hat, gains, out=z)

        return batch if self._layer.norm == "batch" else layer

    def _denormalize(self, r: slice, c: slice, shard: int, scratch: np.ndarray) -> Piece | None:
        if self._layer.norm == "none":
            return None
        delta, hat, gains, ones = self.delta[r, c], self._hat[r, c], self._gains(c), self._ones
        gradients = self.vectors[shard][:, c]
        inverse = self._inverse[c] if self._layer.norm == "batch" else self._inverse[r][:, None]

        def batch() -> None:
            normalization.batch_backward(delta, hat, inverse, gains, ones, gradients, scratch)

        def layer() -> None:
            normalization.layer_backward(delta, hat, inverse, gains, gradients, scratch)

        return batch if self._layer.norm == "batch" else layer

    def _gains(self, c: slice) -> np.ndarray:
        return self._tensors["gains"][c]


def _cut(array: np.ndarray | None, r: slice, c: slice) -> np.ndarray | None:
    return None if array is None else array[r, c]
