"""Settings: all that decides what a step does, beside the network and the data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .inputs import CONSTANTS, Inputs
from .scalars import real, set_numbers, whole

if TYPE_CHECKING:
    from .images.augmentation import Augmentation

KERNELS = ("numpy", "numba")


@dataclass(frozen=True)
class Settings:
    """What the workers of a training must know: plain data, and small without the constants.

    smoothing: the part of each target that is spread over all classes (Szegedy et al. 2016, section
    7). clip: the largest norm of all gradients together, to which larger ones are scaled down
    (Pascanu et al. 2013); 0: any. seed: of dropout. weighted: whether examples have weights.
    kernels: what carries out a step's passes over numbers, NumPy or what numba compiles.
    """

    optimizer: Any
    inputs: Inputs = field(default_factory=Inputs)
    augment: Augmentation | None = None
    smoothing: float = 0.0
    clip: float = 0.0
    seed: int = 0
    weighted: bool = False
    kernels: str = "numpy"

    def __post_init__(self) -> None:
        expected = "a number of at least 0 below 1"
        set_numbers(self, real, "smoothing", expected=expected, fits=lambda part: 0 <= part < 1)
        expected = "a finite number of at least 0"
        set_numbers(self, real, "clip", expected=expected, fits=lambda norm: 0 <= norm < math.inf)
        set_numbers(self, whole, "seed")
        if self.kernels not in KERNELS:
            expected = " or ".join(KERNELS)
            raise ValueError(f"kernels: expected {expected}, found {self.kernels!r:.60}")

    @property
    def mixes(self) -> bool:
        """Whether images are mixed with each other."""
        return self.augment is not None and self.augment.mixup > 0

    @property
    def projects(self) -> bool:
        """Whether inputs are made of the numbers of whole batches: whitened or mixed."""
        return self.mixes or self.inputs.whitening is not None

    def fed(self, patches: bool) -> Settings:
        """The same as the feed is to see it: without whitening, where that is of patches."""
        return replace(self, inputs=replace(self.inputs, whitening=None)) if patches else self

    @property
    def constants(self) -> dict[str, np.ndarray]:
        """The arrays among the settings, by name."""
        found = {name: getattr(self.inputs, name) for name in CONSTANTS}
        return {name: array for name, array in found.items() if array is not None}

    def with_constants(self, arrays: dict[str, np.ndarray]) -> Settings:
        """The same settings with these arrays, of which there may be none."""
        found: dict[str, Any] = {name: arrays.get(name) for name in CONSTANTS}
        return replace(self, inputs=replace(self.inputs, **found))
