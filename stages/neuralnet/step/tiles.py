"""What a hidden layer does with a tile of its outputs, after the product and before the next one.

    z = x W     y = gains * x̂(z) + biases, or z + biases     a = f(y)     outputs = mask * a

Arrays (rows, outputs), which are there where they are needed: values, a where dropout makes
something else of it; slopes, f'(y) where the way forward forms it (and the mask is in it already);
centred, z - mean, or with layer normalisation x̂; mask.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..layers import normalization
from ..layers.activations import ACTIVATIONS
from ..layers.dropout import draw
from ..layers.layer import Layer
from ..memory import Form, Shapes
from . import fused
from .cuts import shards
from .kernels import Now, Piece
from .layout import Layout


def shapes(number: int, layer: Layer, batch: int, dtype: np.dtype, layout: Layout) -> Shapes:
    """The arrays of hidden layer `number`."""
    form = layout.stored(batch, layer.outputs)
    plan: dict[str, Form] = {f"outputs {number}": (form, dtype), f"delta {number}": (form, dtype)}
    if layer.dropout:
        plan |= {f"values {number}": (form, dtype), f"mask {number}": (form, dtype)}
    if ACTIVATIONS[layer.activation].both:
        plan[f"slopes {number}"] = form, dtype
    if layer.norm != "none":
        count = len(shards(batch, least=64))
        plan[f"centred {number}"] = form, dtype
        plan[f"inverse {number}"] = (max(form),), dtype
        plan[f"vectors {number}"] = (count, 2, layer.outputs), dtype
    return plan


class Normalized(NamedTuple):
    """What the way back needs of a layer's normalisation."""

    centred: np.ndarray  # (rows, outputs)
    inverse: np.ndarray  # 1/sqrt(variance + ε): (outputs,) of a batch's, (rows,) of a layer's
    vectors: np.ndarray  # (shards, 2, outputs): gradients of biases and gains


class Tiles:
    """The pieces of one hidden layer that work on tiles of the first `rows` rows of its arrays.

    number: of the member of an ensemble, and of the layer in it. scratch: that of one worker. seed:
    of dropout. kernels: "numba" compiles what it can (fused.py).
    """

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
        self._number, self._layer, self._now, self._seed = number, layer, now, seed
        self._scratch, self._layout = scratch, layout
        self._tensors, self._activation = tensors, ACTIVATIONS[layer.activation]
        found = {
            name: layout.view(arrays[f"{name} {number[1]}"])[:rows]
            for name in ("outputs", "delta", "values", "mask", "slopes", "centred")
            if f"{name} {number[1]}" in arrays
        }
        self.outputs, self.delta = found["outputs"], found["delta"]
        self.values = found.get("values", self.outputs)
        self._mask, self._slopes = found.get("mask"), found.get("slopes")
        self.normalized: Normalized | None = None
        if layer.norm != "none":
            kept = (arrays[f"{name} {number[1]}"] for name in ("inverse", "vectors"))
            self.normalized = Normalized(found["centred"], *kept)
        self._ones = np.ones(rows, self.outputs.dtype)
        self._fused: fused.Fused | None = None
        if kernels == "numba" and fused.fits(layer, rows, self.outputs.dtype):
            self._fused = fused.Fused(number[1], tensors, arrays, rows)

    def finish(self, r: slice, c: slice, tile: int) -> Piece:
        """From z to the outputs."""
        if self._fused and fused.finishes(self._layer):
            return self._fused.finish(c)
        z, out = self.values[r, c], self.outputs[r, c]
        slopes, mask = _cut(self._slopes, r, c), _cut(self._mask, r, c)
        value, both = self._activation.value, self._activation.both
        rate, seed, now, number = self._layer.dropout, self._seed, self._now, self._number
        normalize, view = self._normalize(r, c), self._layout.view
        scratch = self._layout.scratch(self._scratch, z, 2)

        def piece() -> None:
            normalize()
            if both is None or slopes is None:
                value(z)
            else:
                both(z, slopes, scratch)
            if mask is not None:
                draw(view(mask), rate, (*number, tile, now.count), seed)
                np.multiply(z, mask, out=out)
                if slopes is not None:
                    np.multiply(slopes, mask, out=slopes)

        return piece

    def begin(self, r: slice, c: slice, shard: int) -> Piece:
        """From the derivative by the outputs to that by z."""
        if self._fused and self._slopes is not None:
            return self._fused.begin(c, shard)
        delta, values, slope = self.delta[r, c], self.values[r, c], self._activation.slope
        slopes, mask = _cut(self._slopes, r, c), _cut(self._mask, r, c)
        scratch = self._layout.scratch(self._scratch, delta)[0]
        denormalize = self._denormalize(r, c, shard, scratch)

        def piece() -> None:
            if slopes is not None:
                np.multiply(delta, slopes, out=delta)
            elif mask is not None:
                np.multiply(delta, mask, out=delta)
            if slope is not None:
                slope(values, delta, scratch)
            denormalize()

        return piece

    def _normalize(self, r: slice, c: slice) -> Piece:
        """z ← gains * x̂(z) + biases, or z + biases."""
        z, ones = self.values[r, c], self._ones
        tensors = {name: t[c] for name, t in self._tensors.items() if t.ndim == 1}
        if self.normalized is None:
            return lambda: np.add(z, tensors["biases"], out=z)
        centred, inverse = self.normalized.centred[r, c], self.normalized.inverse

        def batch() -> None:
            inverse[c] = normalization.batch_forward(z, centred, tensors, ones)

        def layer() -> None:
            inverse[r] = normalization.layer_forward(z, centred)[:, 0]
            np.multiply(centred, tensors["gains"], out=z)
            np.add(z, tensors["biases"], out=z)

        return batch if self._layer.norm == "batch" else layer

    def _denormalize(self, r: slice, c: slice, shard: int, scratch: np.ndarray) -> Piece:
        """From the derivative by y to that by z; gradients of biases and gains on the way."""
        if self.normalized is None:
            return lambda: None
        kept, of_batch = self.normalized, self._layer.norm == "batch"
        delta, centred, ones = self.delta[r, c], kept.centred[r, c], self._ones
        gains, gradients = self._tensors["gains"][c], kept.vectors[shard][:, c]
        inverse = kept.inverse[c] if of_batch else kept.inverse[r][:, None]

        def batch() -> None:
            normalization.batch_backward(delta, centred, inverse, gains, ones, gradients, scratch)

        def layer() -> None:
            normalization.layer_backward(delta, centred, inverse, gains, gradients, scratch)

        return batch if of_batch else layer


def _cut(array: np.ndarray | None, r: slice, c: slice) -> np.ndarray | None:
    return None if array is None else array[r, c]
