"""Adam and AdamW; the protocol is documented in the package.

A running mean m ← b m + (1 - b) x is kept as M = m / (1 - b), so that M ← b M + x is two passes
over the memory and not three; the factor is put in where the mean is used, with numbers that a step
needs anyway.
"""

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
class Adam:
    """Mean over root mean square of gradients (Kingma & Ba 2015, algorithm 1), at step t = 1, 2, …:

        g ← g + l2 * W
        m ← momentum * m + (1 - momentum) * g        m̂ = m / (1 - momentum^t)
        v ← beta2 * v + (1 - beta2) * g²             v̂ = v / (1 - beta2^t)
        W ← W - lr * m̂ / (√v̂ + eps) - lr * weight_decay * W

    Both corrections of the bias go into the learning rate and eps.
    """

    momentum: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    l2: float = 0.0
    weight_decay: float = 0.0

    slots: ClassVar[int] = 2
    matrices: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_fractions(self, "momentum", "beta2")
        check_positive(self, "eps")
        check_regularization(self)

    def scale(self, lr: float) -> float:
        return 1.0

    def coefficients(self, lr: float, previous: float, count: int) -> tuple[float, ...]:
        mean = (1 - self.momentum) / (1 - self.momentum ** (count + 1))
        root = math.sqrt((1 - self.beta2) / (1 - self.beta2 ** (count + 1)))
        numbers = self.momentum, self.beta2, self.eps / root, lr * mean / root
        return *numbers, self.l2, lr * self.weight_decay

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        decay: bool = True,
    ) -> None:
        momentum, beta2, eps, step, l2, lost = coefficients
        m, v = slots
        if decay:
            penalize(parameters, gradients, l2)
            shrink(parameters, lost)
        np.multiply(m, momentum, out=m)
        np.add(m, gradients, out=m)
        np.multiply(gradients, gradients, out=gradients)
        np.multiply(v, beta2, out=v)
        np.add(v, gradients, out=v)
        np.sqrt(v, out=gradients)
        np.add(gradients, eps, out=gradients)
        np.divide(m, gradients, out=gradients)
        np.multiply(gradients, step, out=gradients)
        np.subtract(parameters, gradients, out=parameters)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019), by default PyTorch's 0.01."""

    weight_decay: float = 0.01
