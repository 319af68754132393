"""What of a step is carried out by the loops that numba compiles, and bound to them.

    fetch     images of bytes, flipped and shifted or as they are, in halves
    finish    batch norm and GELU on the way forward, without dropout
    begin     slopes and batch norm on the way back, with any activation that stores slopes
    update    SGD, Adam and AdamW, averaged or not

All of float32, of batches of more than one row. Else, and for all other pieces, NumPy goes on.
Arrays are taken as they are stored, column by column and as long as the largest batch, so that a
loop is compiled once for all batches. Batch norm has pieces of whole columns (hidden.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..images.augmentation import Augmentation
from ..layers.layer import Layer
from ..layers.normalization import EPSILON, MOMENTUM
from ..optimizers import SGD, Adam, AdamW, Averaged
from ..settings import Settings
from . import compiled, compiled_images
from .halves import Halves
from .kernels import Piece


def fits(layer: Layer, rows: int, dtype: np.dtype) -> bool:
    """Whether there are loops for a layer at all."""
    return layer.norm == "batch" and rows > 1 and dtype == np.float32


def finishes(layer: Layer) -> bool:
    """Whether a layer that fits has a loop for the way forward, too."""
    return layer.activation == "gelu" and not layer.dropout


class Fused:
    """The pieces of one hidden layer, arguments as those of `Tiles`; number: of the layer."""

    def __init__(
        self,
        number: int,
        tensors: Mapping[str, np.ndarray],
        arrays: Mapping[str, np.ndarray],
        rows: int,
    ) -> None:
        names = ("outputs", "delta", "slopes", "centred", "inverse", "vectors")
        self._arrays = {name: arrays.get(f"{name} {number}") for name in names}
        self._tensors, self._rows = tensors, rows

    def finish(self, c: slice) -> Piece:
        """From z to the outputs."""
        loop, rows = compiled.compiled(compiled.batch_norm_gelu), self._rows
        z, centred, slopes = (self._cut(name, c) for name in ("outputs", "centred", "slopes"))
        vectors = [self._tensors[name][c] for name in ("gains", "biases", "means", "variances")]
        arrays = z, centred, slopes, *vectors, self._cut("inverse", c)
        constants = np.float32(MOMENTUM), np.float32(EPSILON)
        return lambda: loop(*arrays, rows, *constants)

    def begin(self, c: slice, shard: int) -> Piece:
        """From the derivative by the outputs to that by z."""
        loop, rows = compiled.compiled(compiled.batch_norm_back), self._rows
        names = ("delta", "slopes", "centred", "inverse")
        arrays = *(self._cut(name, c) for name in names), self._tensors["gains"][c]
        of_biases, of_gains = self._cut("vectors", shard)[:, c]
        return lambda: loop(*arrays, of_biases, of_gains, rows)

    def _cut(self, name: str, part: slice | int) -> np.ndarray:
        array = self._arrays[name]
        assert array is not None  # `fits`, and who asks has seen that there are slopes
        return array[part]


def fetch(
    settings: Settings, halves: Halves | None, features: np.ndarray, dtype: np.dtype
) -> Callable[..., None] | None:
    """fetch(rows, epoch, sums, differences): of an epoch's images; None: there is no loop."""
    shape = settings.inputs.shape
    if settings.kernels != "numba" or halves is None or not halves.stored or shape is None:
        return None
    augment = settings.augment or Augmentation(shape)
    plain = not (augment.warps or augment.jitter or augment.cutout)
    if not plain or features.dtype != np.uint8 or dtype != np.float32:
        return None
    loop = compiled.compiled(compiled_images.moved_halves)
    image = np.empty(features.shape[1], np.uint8)

    def move(rows: np.ndarray, epoch: int, sums: np.ndarray, differences: np.ndarray) -> None:
        moves = augment.flips(rows, epoch), *augment.shifts(rows, epoch)
        loop(features, rows, *moves, *shape[1:], image, sums, differences)

    return move


def update(settings: Settings, dtype: np.dtype) -> Callable[..., None]:
    """The `update` of the optimizer: a loop where one is wanted and there, else its own."""
    optimizer = settings.optimizer
    averaged = type(optimizer) is Averaged
    inner = optimizer.optimizer if averaged else optimizer
    known = dtype == np.float32 and type(inner) in (SGD, Adam, AdamW)
    if settings.kernels != "numba" or not known:
        own: Callable[..., None] = optimizer.update
        return own
    if type(inner) is SGD:
        loop, decays, rule = compiled.compiled(compiled.sgd), (1, 2), [bool(inner.nesterov)]
    else:
        loop, decays, rule = compiled.compiled(compiled.adam), (4, 5), []
    empty, zero = np.empty(0, dtype), np.float32(0)

    def move(
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        decay: bool = True,
    ) -> None:
        numbers: list[Any] = [number[()] for number in coefficients]
        if not decay:
            for place in decays:
                numbers[place] = zero
        if averaged:
            loop(parameters, gradients, *slots, *numbers, *rule)
        else:
            loop(parameters, gradients, *slots, empty, *numbers, zero, *rule)

    return move
