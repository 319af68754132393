"""Divergence: a training whose numbers are not finite any more."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


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
