"""Local: every output is made of a patch of an image, or of a window of a map, alone.

    {"kind": "local", "inputs": 3072, "outputs": 4704, "activation": "relu",
     "shape": [3, 32, 32], "patch": 6, "stride": 2, "units": 24, "components": 96}
    {"kind": "local", "inputs": 4704, "outputs": 2304, "activation": "relu",
     "shape": [14, 14, 24], "patch": 4, "stride": 2, "units": 64, "channels_last": true}

A locally connected layer (LeCun 1989, "Generalization and network design strategies"): what a
convolution sees, but each position has weights of its own. It is a fully connected layer most of
whose weights are 0 and stay so; none is shared. With x_p the numbers of the patch at position p,

    z_p = x_p W_p        W (positions, numbers, units)        outputs (rows, columns, units)

`shape` is (channels, height, width) of an image, or with `channels_last` (height, width, channels)
of a map, as the outputs of such a layer are. The numbers of a patch stand in the order of `shape`.
Patches begin every `stride` pixels; the last one of a line ends where the line ends, so that every
pixel is read whatever the size of the image: there it may overlap with the one before by more.

With `components` the first layer does not read a patch as it is, but whitened by one matrix for all
positions, which is part of `Inputs` (`whitening`, (1 + numbers, components)):

    z_p = (1, x_p) whitening W_p        W (positions, components, units)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..scalars import set_numbers, whole
from .layer import Layer


@dataclass(frozen=True)
class Local(Layer):
    """A locally connected layer: its normalisation, activation and dropout included."""

    inputs: int
    outputs: int
    activation: str
    shape: tuple[int, int, int]
    patch: int
    stride: int
    units: int
    components: int = 0
    channels_last: bool = False
    norm: str = "none"
    dropout: float = 0.0

    kind: ClassVar[str] = "local"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.shape, list | tuple) or len(self.shape) != 3:
            raise ValueError(f"shape: expected three numbers, found {self.shape!r:.60}")
        shape = tuple(whole("shape", number, least=1) for number in self.shape)
        object.__setattr__(self, "shape", shape)
        if not isinstance(self.channels_last, bool):
            expected, found = "true or false", f"{self.channels_last!r:.60}"
            raise ValueError(f"channels_last: expected {expected}, found {found}")
        set_numbers(self, whole, "patch", least=1, most=min(self.size_of_map))
        set_numbers(self, whole, "stride", least=1, most=self.patch)
        set_numbers(self, whole, "units", least=1)
        set_numbers(self, whole, "components")
        for name, expected in (
            ("inputs", math.prod(self.shape)),
            ("outputs", math.prod(self.positions) * self.units),
        ):
            if (found := getattr(self, name)) != expected:
                raise ValueError(f"{name}: expected {expected}, as its shape has, found {found}")

    @classmethod
    def of(
        cls, shape: tuple[int, int, int], patch: int, stride: int, units: int, **others: Any
    ) -> Local:
        """The layer with as many inputs and outputs as these make. others: its other fields."""
        size = shape[:2] if others.get("channels_last") else shape[1:]
        outputs = math.prod(count(length, patch, stride) for length in size) * units
        numbers: dict[str, Any] = {"patch": patch, "stride": stride, "units": units}
        return cls(inputs=math.prod(shape), outputs=outputs, shape=shape, **numbers, **others)

    @property
    def size_of_map(self) -> tuple[int, int]:
        """Height and width of what is read."""
        return self.shape[:2] if self.channels_last else self.shape[1:]

    @property
    def positions(self) -> tuple[int, int]:
        """How many patches lie below and beside each other."""
        height, width = (count(n, self.patch, self.stride) for n in self.size_of_map)
        return height, width

    @property
    def shape_of_patch(self) -> tuple[int, int, int]:
        """The shape of a patch, in the order of `shape`."""
        channels = self.shape[2] if self.channels_last else self.shape[0]
        size = self.patch, self.patch
        return (*size, channels) if self.channels_last else (channels, *size)

    @property
    def numbers(self) -> int:
        """How many numbers a patch has."""
        return math.prod(self.shape_of_patch)

    @property
    def shape_of_weights(self) -> tuple[int, int, int]:
        return math.prod(self.positions), self.components or self.numbers, self.units

    @property
    def above(self) -> tuple[int, int, int]:
        """The shape of the outputs: (rows, columns, units)."""
        return *self.positions, self.units

    def windows(self) -> list[tuple[slice, ...]]:
        """Where the patch of each position lies in an array of `shape`, row after row."""
        height, width = (starts(n, self.patch, self.stride) for n in self.size_of_map)
        ahead = () if self.channels_last else (slice(None),)
        size = self.patch
        return [(*ahead, slice(y, y + size), slice(x, x + size)) for y in height for x in width]

    def indices(self) -> np.ndarray:
        """int64 (positions, numbers): which inputs each patch is made of."""
        places = np.arange(self.inputs).reshape(self.shape)
        return np.stack([places[window].reshape(-1) for window in self.windows()])

    def spread(self, weights: np.ndarray) -> np.ndarray:
        """The same map as one matrix (inputs, outputs): weights (positions, numbers, units), and
        zeros wherever a unit does not look. float64.
        """
        matrix = np.zeros((self.inputs, len(weights), self.units))
        for position, (places, own) in enumerate(zip(self.indices(), weights, strict=True)):
            matrix[places, position] = own
        return matrix.reshape(self.inputs, self.outputs)


def count(length: int, patch: int, stride: int) -> int:
    """How many patches there are on a line of so many pixels, of `patch` at least."""
    return -(-(length - patch) // stride) + 1


def starts(length: int, patch: int, stride: int) -> list[int]:
    """Where they begin."""
    return [min(n * stride, length - patch) for n in range(count(length, patch, stride))]


def fold(whitening: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights (positions, components, units) of whitened patches → those of patches as they are.

    (positions, numbers, units), and offsets (outputs,) that are to be added to their products. Of
    an ensemble, all with (members, …).
    """
    offsets = whitening[0] @ weights
    return whitening[1:] @ weights, offsets.reshape(*weights.shape[:-3], -1)
