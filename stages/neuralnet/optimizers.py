"""Optimizers: how parameters move along their gradients.

The protocol, stated once:

    slots                             number of arrays, as long as the parameters and 0 at first,
                                      that are kept from step to step
    scale(lr)                         factor that gradients are wanted multiplied by
    coefficients(lr, previous, count) the numbers that one step needs, the same for all blocks;
                                      previous: learning rate of the last step (of this one at
                                      the first); count: steps done before
    update(parameters, gradients, slots, coefficients, decay)
                                      a flat block, in place. gradients may be overwritten;
                                      decay: False spares the block regularisation (biases)

An optimizer is called for many small blocks, each one just after its gradient was formed and while
it is in the processor's cache. It treats every element alike, so the blocks do not matter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent with momentum and L2 regularisation, as PyTorch has it:

        v ← momentum * v + g + l2 * W        W ← W - lr * v        (Polyak 1964)

    The gradient l2 * W is that of a penalty l2/2 * Σ W², over weights but not biases; the loss
    that is reported is without it.

    The slot holds u = lr * v. The factor lr comes for free, with the delta of the last layer, and
    one pass over the memory is saved: u ← momentum * u + lr * g + lr * l2 * W, then W ← W - u.
    When the learning rate changes, u is scaled along, by lr / previous.
    """

    momentum: float = 0.9
    l2: float = 0.0

    slots: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum: expected a number in [0, 1), found {self.momentum!r}")
        if not 0 <= self.l2 < math.inf:
            raise ValueError(f"l2: expected a finite number of at least 0, found {self.l2!r}")

    def scale(self, lr: float) -> float:
        return lr

    def coefficients(self, lr: float, previous: float, count: int) -> tuple[float, ...]:
        return self.momentum * (lr / previous), lr * self.l2

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        decay: bool = True,
    ) -> None:
        momentum, l2 = coefficients
        (u,) = slots
        np.multiply(u, momentum, out=u)
        np.add(u, gradients, out=u)
        if decay and l2:
            np.multiply(parameters, l2, out=gradients)
            np.add(u, gradients, out=u)
        np.subtract(parameters, u, out=parameters)


OPTIMIZERS = {"sgd": SGD}
