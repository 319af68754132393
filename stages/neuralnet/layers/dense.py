"""Dense: every output is made of all inputs.

    {"kind": "dense", "inputs": 1024, "outputs": 512, "activation": "relu"}
    {"kind": "dense", "inputs": 512, "outputs": 256, "activation": "gelu", "norm": "batch",
     "dropout": 0.1}

x (rows, inputs) becomes f(norm(x W) + b). W is (inputs, outputs) in C order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .layer import Layer


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer: its normalisation, activation and dropout included."""

    inputs: int
    outputs: int
    activation: str
    norm: str = "none"
    dropout: float = 0.0

    kind: ClassVar[str] = "dense"

    @property
    def shape_of_weights(self) -> tuple[int, int]:
        return self.inputs, self.outputs
