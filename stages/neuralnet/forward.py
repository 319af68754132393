"""The forward pass of inference, on blocks of rows of one size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .activations import ACTIVATIONS
from .inputs import Inputs
from .layers import Dense, split
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
        self._layers = [
            (layer, layer.tensors(own), np.empty((block, layer.outputs), dtype))
            for layer, own in split(layers, parameters)
        ]

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
        for layer, tensors, out in self._layers:
            np.matmul(x, tensors["weights"], out=out)
            x = _rest(layer, tensors, out)
        return x[:count]


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
