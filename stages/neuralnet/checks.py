"""What a training can be given; ValueError says what was expected and what was found."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .network import Network
from .settings import Settings


def check_data(
    network: Network, features: np.ndarray, labels: np.ndarray, settings: Settings
) -> None:
    """Features, labels and settings fit the network and each other."""
    outputs, augment = network.outputs, settings.augment
    if features.dtype.kind not in "fiu":
        raise ValueError(f"features: expected real numbers, found {_describe(features)}")
    network.expect(features, settings.inputs)
    if augment is not None and math.prod(augment.shape) != features.shape[1]:
        expected = f"images of {features.shape[1]} numbers, as features have"
        raise ValueError(f"augment: expected {expected}, found {augment.shape}")
    if labels.shape != (len(features),) or not _whole_numbers(labels, outputs):
        expected = f"whole numbers ({len(features)},) in [0, {outputs})"
        raise ValueError(f"labels: expected {expected}, found {_describe(labels)}")


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


def check_weights(weights: np.ndarray, examples: int) -> np.ndarray:
    """Weights of so many examples, float64, by their unit: the largest is 1."""
    weights = np.asarray(weights)
    if weights.shape == (examples,) and weights.dtype.kind in "fiub":
        largest = float(weights.max())
        if weights.min() >= 0 and 0 < largest < math.inf:
            return weights / largest
    expected = f"finite numbers ({examples},) of at least 0, not all 0"
    raise ValueError(f"weights: expected {expected}, found {_describe(weights)}")


def _whole_numbers(numbers: np.ndarray, limit: int) -> bool:
    if numbers.dtype.kind not in "iu":
        return False
    return not numbers.size or 0 <= int(numbers.min()) <= int(numbers.max()) < limit


def _describe(array: np.ndarray) -> str:
    numbers = array.size and array.dtype.kind in "fiub"
    range_ = f" from {array.min()} to {array.max()}" if numbers else ""
    return f"{array.dtype} {array.shape}{range_}"
