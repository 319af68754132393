"""What keeps weights small, in either of two ways, and checks of an optimizer's numbers.

    l2            the gradient l2 * W of a penalty l2/2 * Σ W² is added to that of the loss
    weight_decay  W ← W - lr * weight_decay * W, beside the step (Loshchilov & Hutter 2019)

Both are for weights, not for biases and gains. The loss that is reported is without either. For
plain SGD they are the same; an optimizer that divides gradients by their size divides the penalty
along, but not the decay.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..scalars import real, set_numbers


def penalize(parameters: np.ndarray, gradients: np.ndarray, l2: np.ndarray) -> None:
    """gradients += l2 * parameters; by way of a temporary, and only if l2 is not 0."""
    if l2:
        np.add(gradients, parameters * l2, out=gradients)


def shrink(parameters: np.ndarray, lost: np.ndarray) -> None:
    """parameters -= lost * parameters, if lost is not 0."""
    if lost:
        np.multiply(parameters, 1 - lost, out=parameters)


def check_regularization(optimizer: Any) -> None:
    """ValueError unless l2 and weight_decay are finite numbers of at least 0."""
    expected = "a finite number of at least 0"
    set_numbers(optimizer, real, "l2", "weight_decay", expected=expected, fits=_not_negative)


def check_fractions(optimizer: Any, *names: str, positive: bool = False) -> None:
    """ValueError unless these fields are below 1, and at least 0 or (positive) above."""
    expected = f"a number in {'(' if positive else '['}0, 1)"
    set_numbers(
        optimizer,
        real,
        *names,
        expected=expected,
        fits=lambda value: 0 <= value < 1 and (value > 0 or not positive),
    )


def check_positive(optimizer: Any, *names: str) -> None:
    """ValueError unless these fields are finite numbers above 0."""
    expected = "a finite number above 0"
    set_numbers(optimizer, real, *names, expected=expected, fits=lambda value: 0 < value < math.inf)


def _not_negative(value: float) -> bool:
    return 0 <= value < math.inf
