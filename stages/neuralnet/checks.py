"""What a network and a training can be given; errors say what was expected and what was found."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .inputs import Inputs
from .settings import Settings


def check_features(features: np.ndarray, inputs: Inputs, width: int) -> None:
    """Real numbers (n, stored), of which `inputs` makes `width` numbers for the first layer."""
    if features.dtype.kind not in "fiu":
        raise ValueError(f"features: expected real numbers, found {_describe(features)}")
    if features.ndim == 2:
        inputs.check(features.shape[1])
    if features.ndim != 2 or inputs.width(features.shape[1]) != width:
        expected = f"(n, {width})"
        if inputs.whitening is not None:
            expected = f"(n, {len(inputs.whitening) - 1}), which whitening makes {expected}"
        raise ValueError(f"features: expected {expected}, found {features.shape}")


def check_labels(labels: np.ndarray, count: int, classes: int) -> None:
    """A class for each of `count` examples."""
    if labels.shape != (count,) or not _whole_numbers(labels, classes):
        expected = f"whole numbers ({count},) in [0, {classes})"
        raise ValueError(f"labels: expected {expected}, found {_describe(labels)}")


def check_settings(settings: Settings, stored: int) -> None:
    """Settings that fit rows of so many numbers."""
    augment = settings.augment
    if augment is not None and math.prod(augment.shape) != stored:
        expected = f"images of {stored} numbers, as features have"
        raise ValueError(f"augment: expected {expected}, found {augment.shape}")


def check_order(order: np.ndarray, examples: int, batch: int, count: int | None = None) -> None:
    """An order of `count` (None: any number of) examples, of which batches can be made."""
    if order.ndim != 1 or not order.size or not _whole_numbers(order, examples):
        expected = f"row numbers (n,) in [0, {examples})"
        raise ValueError(f"order: expected {expected}, found {_describe(order)}")
    if count not in (None, len(order)):
        raise ValueError(f"order: expected {count} rows in every epoch, found {len(order)}")
    if type(batch) is not int or not 1 <= batch <= len(order):
        expected = f"a whole number from 1 to {len(order)}, the rows there are"
        raise ValueError(f"batch: expected {expected}, found {batch!r}")


def check_rates(lr: float | Sequence[float], steps: int) -> tuple[float, ...]:
    """The learning rate of each of so many steps."""
    rates = (lr,) * steps if isinstance(lr, int | float) else tuple(map(float, lr))
    if len(rates) != steps:
        raise ValueError(f"lr: expected a number for each of {steps} steps, found {len(rates)}")
    for rate in rates[:1] if isinstance(lr, int | float) else rates:
        if not 0 < rate < math.inf:
            raise ValueError(f"lr: expected a finite number above 0, found {rate!r}")
    return rates


def _whole_numbers(numbers: np.ndarray, limit: int) -> bool:
    if numbers.dtype.kind not in "iu":
        return False
    return not numbers.size or 0 <= int(numbers.min()) <= int(numbers.max()) < limit


def _describe(array: np.ndarray) -> str:
    range_ = f" from {array.min()} to {array.max()}" if array.size else ""
    return f"{array.dtype} {array.shape}{range_}"
