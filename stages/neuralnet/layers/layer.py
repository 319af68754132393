"""What all kinds of layers have in common.

A layer maps x (rows, inputs) to f(norm(z) + b), where z is some product of x with its weights, and
in training drops some of the outputs. All else than the weights is (outputs,). The parameters of a
network are one flat vector, layer after layer: what is trained first (weights, biases, gains), then
what is observed (means, variances, of batch normalisation).

A kind of layer is a frozen dataclass with the fields inputs, outputs, activation, norm and dropout
at least, and with `shape_of_weights`.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from ..scalars import real, set_numbers, whole
from .activations import ACTIVATIONS

# The vectors of a layer, by its norm, in the order of the parameters.
VECTORS = {
    "none": ("biases",),
    "batch": ("biases", "gains", "means", "variances"),
    "layer": ("biases", "gains"),
}
OBSERVED = ("means", "variances")
ONES = ("gains", "variances")  # what a network begins with, where it is not zero


class Layer:
    """Where the parameters of a layer lie, and the layer as plain data."""

    __match_args__: ClassVar[tuple[str, ...]]  # the names of the fields, as dataclasses keep them
    kind: ClassVar[str]
    inputs: int
    outputs: int
    activation: str
    norm: str
    dropout: float

    def __post_init__(self) -> None:
        set_numbers(self, whole, "inputs", "outputs", least=1)
        for name, table in (("activation", ACTIVATIONS), ("norm", VECTORS)):
            value = getattr(self, name)
            if not isinstance(value, str) or value not in table:
                known = ", ".join(table)
                raise ValueError(f"{name}: expected one of {known}, found {value!r:.60}")
        expected = "a number of at least 0 below 1"
        set_numbers(self, real, "dropout", expected=expected, fits=lambda rate: 0 <= rate < 1)

    @property
    def shape_of_weights(self) -> tuple[int, ...]:
        """The shape of the weights; a draw of random ones takes the last two for a matrix."""
        raise NotImplementedError

    @property
    def weights(self) -> int:
        """Number of weights."""
        return math.prod(self.shape_of_weights)

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.weights + len(VECTORS[self.norm]) * self.outputs

    @property
    def trained(self) -> slice:
        """Where biases and gains lie in this layer's parameters."""
        count = sum(name not in OBSERVED for name in VECTORS[self.norm])
        return slice(self.weights, self.weights + count * self.outputs)

    @property
    def observed(self) -> slice:
        """Where means and variances lie in this layer's parameters."""
        return slice(self.trained.stop, self.size)

    def tensors(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """All that makes the layer, by name: views of its parameters (size,)."""
        rest = flat[self.weights :].reshape(-1, self.outputs)
        weights = flat[: self.weights].reshape(self.shape_of_weights)
        return {"weights": weights, **dict(zip(VECTORS[self.norm], rest, strict=True))}

    def describe(self) -> dict[str, Any]:
        """The layer as plain data, without what is as usual; `build` is the way back."""
        usual = type(self)  # whose attributes are the defaults
        given = vars(self).items()
        found = {name: value for name, value in given if value != getattr(usual, name, None)}
        found = {k: list(v) if isinstance(v, tuple) else v for k, v in found.items()}
        return {"kind": self.kind, **found}

    @classmethod
    def known(cls) -> tuple[list[str], list[str]]:
        """The fields that a description must have, and those that it may have."""
        names = cls.__match_args__
        return [n for n in names if not hasattr(cls, n)], [n for n in names if hasattr(cls, n)]
