"""Inference: the forward pass on blocks of `BLOCK` rows, shared out among threads.

The last block is filled up with zeros: all matrix products have one shape, so the answer for an
image depends neither on the images beside it nor on the number of workers. (It may depend on its
place in the block, by a rounding error: on some processors BLAS sums differently for the columns at
an edge.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from .inputs import Inputs, mirrored
from .layers.activations import ACTIVATIONS
from .layers.layer import Layer
from .layers.local import Local, fold
from .layers.normalization import layer_forward, reciprocal_deviation
from .layers.stack import split, total_size, whitens_patches
from .processor import OneBlasThread, cores

BLOCK = 256


def infer(
    layers: Sequence[Layer],
    parameters: np.ndarray,
    features: np.ndarray,
    rows: np.ndarray,
    inputs: Inputs,
    mirror: bool,
    workers: int | None,
) -> np.ndarray:
    """Logits (n, classes) for rows, int64 (n,), of features (examples, stored).

    mirror: the mean over an image and its mirror image. workers: threads; None: one per core.
    """
    out = np.empty((len(rows), layers[-1].outputs), parameters.dtype)
    starts = range(0, len(rows), BLOCK)
    workers = max(1, min(workers or cores(), len(starts)))
    image = inputs.shape if mirror else None

    def share(worker: int) -> None:
        forward = Forward(layers, parameters, inputs, features.shape[1], BLOCK)
        with np.errstate(all="ignore"):
            for start in starts[worker::workers]:
                part = slice(start, start + BLOCK)
                stored = features.take(rows[part], axis=0, mode="clip")
                out[part] = forward(stored)
                if image is not None:
                    out[part] += forward(mirrored(stored, image))
                    out[part] *= 0.5

    with OneBlasThread():
        if workers == 1:
            share(0)
        else:
            from concurrent.futures import ThreadPoolExecutor  # slow to import

            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(share, range(workers)))
    return out


class Forward:
    """Logits of up to `block` stored rows at a time, on buffers that are made once."""

    def __init__(
        self,
        layers: Sequence[Layer],
        parameters: np.ndarray,
        inputs: Inputs,
        stored: int,
        block: int,
    ) -> None:
        dtype, whitening = parameters.dtype, None
        if whitens_patches(layers):
            whitening, inputs = inputs.whitening, replace(inputs, whitening=None)
        self._inputs = inputs.astype(dtype)
        self._x = np.zeros((block, stored), dtype)
        self._white = None
        if inputs.whitening is not None:
            self._white = np.empty((block, inputs.width(stored)), dtype)
        scratch = [np.empty((block, layer.outputs), dtype) for layer in layers]
        self._members = [
            [
                (layer, layer.tensors(own), out)
                for (layer, own), out in zip(split(layers, flat), scratch, strict=True)
            ]
            for flat in parameters.reshape(-1, total_size(layers))
        ]
        if whitening is not None:
            for (_, first, _), *_ in self._members:
                folded = fold(whitening.astype(dtype), first["weights"])
                first["weights"], first["offsets"] = folded
        self._logits = np.empty_like(scratch[-1])

    def __call__(self, stored: np.ndarray) -> np.ndarray:
        """Logits (n, classes) of stored rows (n, stored); to be copied before the next call.

        The products are those of a whole block, whatever n: so the answer for a row does not depend
        on what other rows there are.
        """
        x, count = self._x, len(stored)
        self._inputs.convert(stored, x[:count])
        x[count:] = 0
        if self._white is not None:
            self._inputs.whiten(x, self._white)
            x = self._white
        logits = self._logits
        logits[...] = 0
        for member in self._members:
            np.add(logits, _through(member, x), out=logits)
        np.divide(logits, logits.dtype.type(len(self._members)), out=logits)
        return logits[:count]


def _through(
    layers: Iterable[tuple[Layer, dict[str, np.ndarray], np.ndarray]], x: np.ndarray
) -> np.ndarray:
    """x (block, inputs) through the layers of one member, each with its tensors and its scratch."""
    for layer, tensors, out in layers:
        if isinstance(layer, Local):
            _patches(layer, tensors, x, out)
        else:
            np.matmul(x, tensors["weights"], out=out)
        x = _rest(layer, tensors, out)
    return x


def _patches(layer: Local, tensors: dict[str, np.ndarray], x: np.ndarray, out: np.ndarray) -> None:
    """The products of a local layer, position after position."""
    x, one = x.reshape(-1, *layer.shape), np.empty((len(x), layer.numbers), x.dtype)
    patch = one.reshape(-1, *layer.shape_of_patch)
    for number, (window, W) in enumerate(zip(layer.windows(), tensors["weights"], strict=True)):
        patch[...] = x[:, *window]
        np.matmul(one, W, out=out[:, number * layer.units : (number + 1) * layer.units])
    if "offsets" in tensors:
        np.add(out, tensors["offsets"], out=out)


def _rest(layer: Layer, tensors: dict[str, np.ndarray], z: np.ndarray) -> np.ndarray:
    """What a layer does after its matrix product; z is overwritten."""
    if layer.norm == "batch":
        np.subtract(z, tensors["means"], out=z)
        np.multiply(z, tensors["gains"] * reciprocal_deviation(tensors["variances"]), out=z)
    elif layer.norm == "layer":
        layer_forward(z, z)
        np.multiply(z, tensors["gains"], out=z)
    np.add(z, tensors["biases"], out=z)
    ACTIVATIONS[layer.activation].value(z)
    return z
