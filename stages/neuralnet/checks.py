"""What a training can be given; ValueError says what was expected and what was found."""

from __future__ import annotations

import numpy as np

from .network import Network


def check_data(
    network: Network,
    features: np.ndarray,
    labels: np.ndarray,
    standardization: np.ndarray | None,
) -> None:
    """Features, labels and standardization fit the network and each other."""
    inputs, outputs = network.inputs, network.outputs
    if features.ndim != 2 or features.shape[1] != inputs or features.dtype.kind not in "fiu":
        expected = f"real numbers (n, {inputs})"
        raise ValueError(f"features: expected {expected}, found {_describe(features)}")
    if labels.shape != (len(features),) or not _whole_numbers(labels, outputs):
        expected = f"whole numbers ({len(features)},) in [0, {outputs})"
        raise ValueError(f"labels: expected {expected}, found {_describe(labels)}")
    if standardization is not None and np.shape(standardization) != (2, inputs):
        found = np.shape(standardization)
        raise ValueError(f"standardization: expected (2, {inputs}) or empty, found {found}")


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


def _whole_numbers(numbers: np.ndarray, limit: int) -> bool:
    if numbers.dtype.kind not in "iu":
        return False
    return not numbers.size or 0 <= int(numbers.min()) <= int(numbers.max()) < limit


def _describe(array: np.ndarray) -> str:
    range_ = f" from {array.min()} to {array.max()}" if array.size else ""
    return f"{array.dtype} {array.shape}{range_}"
