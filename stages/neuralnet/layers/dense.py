"""Layers, described in plain data.

    {"kind": "dense", "inputs": 1024, "outputs": 512, "activation": "relu"}
    {"kind": "dense", "inputs": 512, "outputs": 256, "activation": "gelu", "norm": "batch",
     "dropout": 0.1}

A dense layer maps x (rows, inputs) to f(norm(x W) + b), and in training drops some of the outputs.
W is (inputs, outputs) in C order, all else (outputs,). The parameters of a network are one flat
vector, layer after layer: what is trained first (weights, biases, gains), then what is observed
(means, variances, of batch normalisation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
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


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: its normalisation, activation and dropout included."""

    inputs: int
    outputs: int
    activation: str
    norm: str = "none"
    dropout: float = 0.0

    kind: ClassVar[str] = "dense"

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
    def weights(self) -> int:
        """Number of weights."""
        return self.inputs * self.outputs

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
        weights = flat[: self.weights].reshape(self.inputs, self.outputs)
        return {"weights": weights, **dict(zip(VECTORS[self.norm], rest, strict=True))}

    def describe(self) -> dict[str, Any]:
        """The layer as plain data, without what is as usual; `build` is the way back."""
        usual = {field.name: field.default for field in fields(self)}
        found = {name: value for name, value in vars(self).items() if value != usual[name]}
        return {"kind": self.kind, **found}


LAYERS = {"dense": Dense}


def build(descriptions: Sequence[Mapping[str, Any]]) -> tuple[Dense, ...]:
    """The layers that are described; ValueError says which description is wrong, and how."""
    if not isinstance(descriptions, list | tuple) or not descriptions:
        raise ValueError(f"layers: expected a list of at least one, found {descriptions!r:.60}")
    layers = []
    for number, description in enumerate(descriptions):
        try:
            layers.append(_build_one(description))
        except ValueError as error:
            raise ValueError(f"layers[{number}]: {error}") from None
    for number, (below, layer) in enumerate(pairwise(layers), 1):
        if layer.inputs != below.outputs:
            raise ValueError(
                f"layers[{number}]: inputs: expected {below.outputs}, the outputs of the layer "
                f"before, found {layer.inputs}"
            )
    for name, expected in (("activation", "linear"), ("norm", "none"), ("dropout", 0)):
        if (found := getattr(layers[-1], name)) != expected:
            raise ValueError(
                f"layers[{len(layers) - 1}]: {name}: expected {expected}, for the outputs of the "
                f"last layer are logits, found {found}"
            )
    return tuple(layers)


def total_size(layers: Sequence[Dense]) -> int:
    """Number of parameters of all layers."""
    return sum(layer.size for layer in layers)


def split(layers: Sequence[Dense], flat: np.ndarray) -> Iterator[tuple[Dense, np.ndarray]]:
    """Each layer with its part of the last axis of `flat`."""
    start = 0
    for layer in layers:
        yield layer, flat[..., start : start + layer.size]
        start += layer.size


def _build_one(description: Any) -> Dense:
    if not isinstance(description, dict):
        raise ValueError(f"expected an object, found {description!r:.60}")
    values = dict(description)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in LAYERS:
        raise ValueError(f"kind: expected one of {', '.join(LAYERS)}, found {kind!r:.60}")
    known = [field.name for field in fields(LAYERS[kind])]
    needed = known[:3]
    if not set(needed) <= values.keys() <= set(known):
        expected = ", ".join(sorted(needed)) + f", perhaps {' and '.join(known[3:])}"
        names = ", ".join(map(str, sorted(values, key=str)))
        raise ValueError(f"expected {expected}, found {names or 'nothing'}")
    return LAYERS[kind](**values)
