"""The forward pass of inference, on blocks of rows of one size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from .activations import ACTIVATIONS
from .inputs import Inputs
from .layers import Dense, split, total_size
from .normalization import layer_forward, reciprocal_deviation


class Forward:
    """Logits of up to `block` stored rows at a time, on buffers that are made once."""

    def __init__(
        self,
        layers: Sequence[Dense],
        parameters: np.ndarray,
        inputs: Inputs,
        stored: int,
        block: int,
    ) -> None:
        dtype = parameters.dtype
        self._inputs = inputs.astype(dtype)
        self._x = np.zeros((block, stored), dtype)
        self._white = None
        if inputs.whitening is not None:
            self._white = np.empty((block, inputs.width(stored)), dtype)
        room = [np.empty((block, layer.outputs), dtype) for layer in layers]
        self._members = [
            [
                (layer, layer.tensors(own), out)
                for (layer, own), out in zip(split(layers, flat), room, strict=True)
            ]
            for flat in parameters.reshape(-1, total_size(layers))
        ]
        self._logits = np.empty_like(room[-1])

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
    layers: Iterable[tuple[Dense, dict[str, np.ndarray], np.ndarray]], x: np.ndarray
) -> np.ndarray:
    """x (block, inputs) through the layers of one member, each with its tensors and its room."""
    for layer, tensors, out in layers:
        np.matmul(x, tensors["weights"], out=out)
        x = _rest(layer, tensors, out)
    return x


def _rest(layer: Dense, tensors: dict[str, np.ndarray], z: np.ndarray) -> np.ndarray:
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
