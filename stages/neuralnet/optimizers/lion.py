"""Lion; the protocol is documented in the package, the running mean in adam.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .regularization import check_fractions, check_regularization, penalize, shrink

TINY = 2.0**-100  # smaller numbers are taken for fractions of a sign


@dataclass(frozen=True)
class Lion:
    """Steps of one size, by the sign of a mean (Chen et al. 2023, algorithm 2):

        g ← g + l2 * W
        c = momentum * m + (1 - momentum) * g        W ← W - lr * sign(c) - lr * weight_decay * W
        m ← beta2 * m + (1 - beta2) * g

    With M ← beta2 * M + g for the mean, c has the sign of M + g * (beta2 - k) / k, where
    k = momentum * (1 - beta2) / (1 - momentum): it can be had after M, without scratch. NumPy's
    sign is slow; cutting off at ±TINY and multiplying by lr / TINY is exact.
    """

    momentum: float = 0.9
    beta2: float = 0.99
    l2: float = 0.0
    weight_decay: float = 0.0

    slots: ClassVar[int] = 1
    matrices: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_fractions(self, "momentum", "beta2", positive=True)
        check_regularization(self)

    def scale(self, lr: float) -> float:
        return 1.0

    def coefficients(self, lr: float, previous: float, count: int) -> tuple[float, ...]:
        k = self.momentum * (1 - self.beta2) / (1 - self.momentum)
        return self.beta2, (self.beta2 - k) / k, lr / TINY, self.l2, lr * self.weight_decay

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        decay: bool = True,
    ) -> None:
        beta2, factor, step, l2, lost = coefficients
        (m,) = slots
        if decay:
            penalize(parameters, gradients, l2)
            shrink(parameters, lost)
        np.multiply(m, beta2, out=m)
        np.add(m, gradients, out=m)
        np.multiply(gradients, factor, out=gradients)
        np.add(gradients, m, out=gradients)
        np.clip(gradients, -TINY, TINY, out=gradients)
        np.multiply(gradients, step, out=gradients)
        np.subtract(parameters, gradients, out=parameters)
