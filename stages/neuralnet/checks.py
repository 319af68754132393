"""What a network and a training can be given; errors say what was expected and what was found."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .compiler import expect_numba
from .inputs import Inputs
from .layers.layer import Layer
from .layers.local import Local
from .layers.stack import patch_layer
from .scalars import real, whole
from .settings import Settings


def check_features(features: np.ndarray, inputs: Inputs, layers: Sequence[Layer]) -> None:
    """Real numbers (n, stored), of which `inputs` makes those that the first layer reads."""
    width = layers[0].inputs
    _check_no_mask("features", features)
    if features.dtype.kind not in "fiu":
        raise ValueError(f"features: expected real numbers, found {_describe(features)}")
    if (first := patch_layer(layers)) is not None:
        wanted = 1 + first.numbers, first.components
        found = None if inputs.whitening is None else np.shape(inputs.whitening)
        if found != wanted:
            words = f"expected {wanted}, of a patch, found {found or 'none'}"
            raise ValueError(f"whitening: {words}")
        inputs = replace(inputs, whitening=None)
    if features.ndim == 2:
        inputs.check(features.shape[1])
    if features.ndim != 2 or inputs.width(features.shape[1]) != width:
        expected = f"(n, {width})"
        if inputs.whitening is not None:
            expected = f"(n, {len(inputs.whitening) - 1}), which whitening makes {expected}"
        raise ValueError(f"features: expected {expected}, found {features.shape}")


def check_batch(batch: Any, rows: int, network: Sequence[Layer]) -> int:
    """A number of rows to a batch, of those that an epoch has."""
    count = whole("batch", batch, least=1, most=rows)
    if count == 1 and any(layer.norm == "batch" for layer in network):
        expected = "at least 2 rows, of which batch normalisation can take a variance"
        raise ValueError(f"batch: expected {expected}, found 1")
    return count


def check_labels(labels: np.ndarray, count: int, classes: int) -> None:
    """A class for each of `count` examples."""
    _check_no_mask("labels", labels)
    if labels.shape != (count,) or not _whole_numbers(labels, classes):
        expected = f"whole numbers ({count},) in [0, {classes})"
        raise ValueError(f"labels: expected {expected}, found {_describe(labels)}")


def check_settings(settings: Settings, stored: int, first: Layer) -> None:
    """Settings that fit rows of so many numbers, and each other; ImportError where numba fails.

    first: the layer that reads them.
    """
    if settings.kernels == "numba":
        try:
            expect_numba()
        except ImportError as error:
            raise type(error)(f"kernels='numba' {error}", name="numba") from error.__cause__
    augment = settings.augment
    if augment is not None and math.prod(augment.shape) != stored:
        expected = f"images of {stored} numbers, as features have"
        raise ValueError(f"augment: expected {expected}, found {augment.shape}")
    local = first if isinstance(first, Local) and first.inputs == stored else None
    images = {
        "augment": None if augment is None else augment.shape,
        "inputs": settings.inputs.shape,
        "the first layer": None if local is None else local.shape,
    }
    shapes = {name: tuple(shape) for name, shape in images.items() if shape is not None}
    if len(set(shapes.values())) > 1:
        found = ", ".join(f"{shape} of {name}" for name, shape in shapes.items())
        raise ValueError(f"shape: expected one shape of images, found {found}")


def check_rows(rows: Any, examples: int, name: str = "rows") -> np.ndarray:
    """int64 (n,): the row numbers, each of an example that there is."""
    _check_no_mask(name, rows)
    found: np.ndarray = np.asarray(rows)
    if found.ndim != 1 or not _whole_numbers(found, examples):
        expected = f"row numbers (n,) in [0, {examples})"
        if found.dtype.kind == "b":
            expected += " (of a mask: np.flatnonzero)"
        raise ValueError(f"{name}: expected {expected}, found {_describe(found)}")
    return found.astype(np.int64, copy=False)


def check_order(order: Any, examples: int, count: int | None = None) -> np.ndarray:
    """int64 (n,): an order of `count` (None: any number of) examples, at least one."""
    rows = check_rows(order, examples, "order")
    if not len(rows):
        raise ValueError("order: expected at least one row, found none")
    if count not in (None, len(rows)):
        raise ValueError(f"order: expected {count} rows in every epoch, found {len(rows)}")
    return rows


def check_rates(lr: float | Sequence[float], steps: int) -> tuple[float, ...]:
    """The learning rate of each of so many steps, of one for all of them or of one for each."""
    if not isinstance(lr, Iterable) or np.ndim(lr) == 0:
        return (_rate(lr),) * steps
    rates = list(lr)
    if len(rates) != steps:
        raise ValueError(f"lr: expected a number for each of {steps} steps, found {len(rates)}")
    return tuple(map(_rate, rates))


def check_weights(weights: Any, examples: int) -> np.ndarray:
    """float64 (examples,): the weights, by their unit: the largest is 1."""
    _check_no_mask("weights", weights)
    found: np.ndarray = np.asarray(weights)
    if found.shape == (examples,) and found.dtype.kind in "iuf":
        largest = float(found.max())
        if found.min() >= 0 and 0 < largest < math.inf:
            shares: np.ndarray = found / largest
            return shares
    expected = f"finite numbers ({examples},) of at least 0, not all 0"
    raise ValueError(f"weights: expected {expected}, found {_describe(found)}")


def _rate(value: Any) -> float:
    return real("lr", value, "a finite number above 0", lambda rate: 0 < rate < math.inf)


def _check_no_mask(name: str, numbers: Any) -> None:
    """NumPy would take what a mask hides for numbers like all others."""
    if isinstance(numbers, np.ma.MaskedArray):
        raise ValueError(f"{name}: expected an array without a mask, found a masked one; fill it")


def _whole_numbers(numbers: np.ndarray, limit: int) -> bool:
    if not numbers.size:  # whatever its type, which is that of no number
        return True
    return numbers.dtype.kind in "iu" and 0 <= int(numbers.min()) <= int(numbers.max()) < limit


def _describe(array: np.ndarray) -> str:
    real = array.size and array.dtype.kind in "iuf"
    range_ = f" from {array.min()} to {array.max()}" if real else ""
    return f"{array.dtype} {array.shape}{range_}"
