"""A moving average of parameters, kept while any optimizer moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .regularization import check_fractions


@dataclass(frozen=True)
class Averaged:
    """An optimizer, and in one more slot, the last, the average A of what it makes of parameters:

        A ← d A + (1 - d) W        d = min(decay, (1 + count) / (10 + count)), at the first step 0

    It begins as a copy, and looks back over about a tenth of all steps until it may over
    1 / (1 - decay) of them (Polyak & Juditsky 1992 average evenly; this d is TensorFlow's). All
    else, and whether whole matrices are wanted, is the optimizer's.
    """

    optimizer: Any
    decay: float = 0.999

    def __post_init__(self) -> None:
        check_fractions(self, "decay")

    @property
    def slots(self) -> int:
        return int(self.optimizer.slots) + 1

    @property
    def matrices(self) -> bool:
        return bool(self.optimizer.matrices)

    def scale(self, lr: float) -> float:
        return float(self.optimizer.scale(lr))

    def coefficients(self, lr: float, previous: float, count: int) -> tuple[float, ...]:
        kept = min(self.decay, (1 + count) / (10 + count)) if count else 0.0
        return *self.optimizer.coefficients(lr, previous, count), 1 - kept

    def update(
        self,
        parameters: np.ndarray,
        gradients: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        decay: bool = True,
    ) -> None:
        self.optimizer.update(parameters, gradients, slots[:-1], coefficients[:-1], decay)
        _average(parameters, slots[-1], coefficients[-1], gradients)

    def scratch(self, inputs: int, outputs: int) -> int:
        return int(self.optimizer.scratch(inputs, outputs))

    def update_matrix(
        self,
        W: np.ndarray,
        G: np.ndarray,
        slots: np.ndarray,
        coefficients: Sequence[np.ndarray],
        scratch: np.ndarray,
    ) -> None:
        self.optimizer.update_matrix(W, G, slots[:-1], coefficients[:-1], scratch)
        _average(W, slots[-1], coefficients[-1], G)

    def observe(
        self, numbers: np.ndarray, slots: np.ndarray, coefficients: Sequence[np.ndarray]
    ) -> None:
        """Take in what lies among the parameters, but is moved by others (running statistics)."""
        _average(numbers, slots[-1], coefficients[-1], np.empty_like(numbers))


def _average(
    parameters: np.ndarray, average: np.ndarray, taken: np.ndarray, scratch: np.ndarray
) -> None:
    np.subtract(parameters, average, out=scratch)
    np.multiply(scratch, taken, out=scratch)
    np.add(average, scratch, out=average)
