"""Layers, described in plain data.

    {"kind": "dense", "inputs": 1024, "outputs": 512, "activation": "relu"}

A dense layer maps x (rows, inputs) to f(x W + b): W is (inputs, outputs) in C order, b (outputs,).
The parameters of a network are one flat vector, layer after layer: W first, then b.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from .activations import ACTIVATIONS


@dataclass(frozen=True)
class Dense:
    """A fully connected layer and the activation that follows it."""

    inputs: int
    outputs: int
    activation: str

    kind: ClassVar[str] = "dense"

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise ValueError(f"{name}: expected a whole number of at least 1, found {value!r}")
        if not isinstance(self.activation, str) or self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation: expected one of {known}, found {self.activation!r:.60}")

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.inputs * self.outputs + self.outputs

    def views(self, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """W and b as views of this layer's parameters (size,)."""
        weights = self.inputs * self.outputs
        return flat[:weights].reshape(self.inputs, self.outputs), flat[weights:]

    def describe(self) -> dict[str, Any]:
        """The layer as plain data; `build` is the way back."""
        return {"kind": self.kind, **vars(self)}


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
    if layers[-1].activation != "linear":
        raise ValueError(
            f"layers[{len(layers) - 1}]: activation: expected linear, for the outputs of the last "
            f"layer are logits, found {layers[-1].activation}"
        )
    return tuple(layers)


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
    expected = {field.name for field in fields(LAYERS[kind])}
    if values.keys() != expected:
        names = ", ".join(map(str, sorted(values, key=str)))
        raise ValueError(f"expected {', '.join(sorted(expected))}, found {names or 'nothing'}")
    return LAYERS[kind](**values)
