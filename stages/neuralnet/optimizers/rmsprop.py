"""RMSprop; the protocol is documented in the package, the running means in adam.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .regularization import (
    check_fractions,
    check_positive,
    check_regularization,
    penalize,
    shrink,
)


@dataclass(frozen=True)
class RMSprop:
    """Gradients over the root of their mean square (Tieleman & Hinton 2012), as PyTorch has it:

    g ← g + l2 * W        v ← rho * v + (1 - rho) * g²
    u ← momentum * u + g / (√v + eps)        W ← W - lr * u - lr * weight_decay * W
    """

    rho: float = 0.99
    momentum: float = 0.0
    eps: float = 1e-8
    l2: float = 0.0
    weight_decay: float = 0.0

    matrices: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_fractions(self, "rho", "momentum")
        check_positive(self, "eps")
        check_regularization(self)

    @property
    def slots(self) -> int:
        return 2 if self.momentum else 1

    def scale(self, lr: float) -> float:
        return 1.0

    def coefficients(self, lr: float, previous: float, count: int) -> tuple[float, ...]:
        root = math.sqrt(1 - self.rho)
        # Without momentum, u is not kept, and lr and the root can be one factor.
        factor, step = (1 / root, lr) if self.momentum else (lr / root, 1.0)
        numbers = self.rho, self.eps / root, factor, self.momentum, step
        return *numbers, self.l2, lr * self.weight_decay

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        decay: bool = True,
    ) -> None:
        rho, eps, factor, momentum, step, l2, lost = coefficients
        v = slots[0]
        if decay:
            penalize(parameters, gradients, l2)
            shrink(parameters, lost)
        scratch = np.multiply(gradients, gradients)  # a temporary: g and √v are needed at once
        np.multiply(v, rho, out=v)
        np.add(v, scratch, out=v)
        np.sqrt(v, out=scratch)
        np.add(scratch, eps, out=scratch)
        np.divide(gradients, scratch, out=gradients)
        np.multiply(gradients, factor, out=gradients)
        if self.momentum:
            u = slots[1]
            np.multiply(u, momentum, out=u)
            np.add(u, gradients, out=u)
            np.multiply(u, step, out=gradients)
        np.subtract(parameters, gradients, out=parameters)
