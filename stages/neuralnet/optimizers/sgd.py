"""Stochastic gradient descent, with momentum; the protocol is documented in the package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .regularization import check_fractions, check_regularization, penalize, shrink


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum, as PyTorch has it:

        v ← momentum * v + g + l2 * W
        W ← W - lr * v                              (Polyak 1964), or
        W ← W - lr * (g + l2 * W + momentum * v)    with nesterov (Sutskever et al. 2013)

    The slot holds u = lr * v. The factor lr comes for free, with the delta of the last layer, and
    one pass over the memory is saved: u ← momentum * u + lr * g + lr * l2 * W, then W ← W - u.
    When the learning rate changes, u is scaled along, by lr / previous.
    """

    momentum: float = 0.9
    l2: float = 0.0
    weight_decay: float = 0.0
    nesterov: bool = False

    slots: ClassVar[int] = 1
    matrices: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_fractions(self, "momentum")
        check_regularization(self)
        if not isinstance(self.nesterov, bool | np.bool_):
            raise ValueError(f"nesterov: expected True or False, found {self.nesterov!r}")

    def scale(self, lr: float) -> float:
        return lr

    def coefficients(self, lr: float, previous: float, count: int) -> tuple[float, ...]:
        kept = self.momentum * (lr / previous)
        return kept, lr * self.l2, lr * self.weight_decay, self.momentum

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        decay: bool = True,
    ) -> None:
        kept, l2, lost, momentum = coefficients
        (u,) = slots
        if self.nesterov and decay:
            penalize(parameters, gradients, l2)
        np.multiply(u, kept, out=u)
        np.add(u, gradients, out=u)
        if decay:
            if l2 and not self.nesterov:
                np.multiply(parameters, l2, out=gradients)
                np.add(u, gradients, out=u)
            shrink(parameters, lost)
        if self.nesterov:
            np.subtract(parameters, gradients, out=parameters)
            np.multiply(u, momentum, out=gradients)
            np.subtract(parameters, gradients, out=parameters)
        else:
            np.subtract(parameters, u, out=parameters)
