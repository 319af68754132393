"""Trainings that go wrong: numbers that are not finite any more, and outputs that do not vary."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .layers.normalization import EPSILON
from .network import Network


class Diverged(FloatingPointError):
    """The loss or a parameter is not finite any more; step (of the epoch): where it showed."""

    def __init__(self, step: int, epoch: int) -> None:
        super().__init__(f"the loss is no longer finite in step {step} of epoch {epoch}")
        self.step, self.epoch = step, epoch

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.step, self.epoch)


def check_finite(sums: np.ndarray, parameters: np.ndarray, epoch: int, stop: int) -> None:
    """Diverged, if steps up to `stop` left a loss or a parameter that is not finite.

    sums (n, columns): in column 2 the first step, counted from 1, whose loss was not finite, or 0.
    """
    failed = sums[:, 2]
    if failed.any():
        raise Diverged(int(failed[failed > 0].min()) - 1, epoch)
    if not math.isfinite(parameters.min()) or not math.isfinite(parameters.max()):
        raise Diverged(stop - 1, epoch)


def warn_of_constants(network: Network) -> bool:
    """Warn where batch normalisation had nothing to normalise by; returns whether it did.

    Outputs that vary by less than √ε in training come to nothing there; in use, whatever makes them
    vary is magnified up to 1/√ε times.
    """
    for number, layer in enumerate(network.structure):
        if layer.norm == "batch":
            variances = network.tensors()[number]["variances"]
            count = np.count_nonzero(variances < EPSILON)
            if 2 * count > len(variances):
                warnings.warn(
                    f"layers[{number}]: {count} of {len(variances)} outputs hardly vary in "
                    f"training (variance below {EPSILON:g}), so batch normalisation would magnify "
                    "what varies in use; scale the features up, or standardize them",
                    RuntimeWarning,
                    stacklevel=3,
                )
                return True
    return False
