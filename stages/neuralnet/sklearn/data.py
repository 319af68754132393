"""From what users pass to what is trained on: checked, with classes as numbers, and split."""

from __future__ import annotations

import copy
import math
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, validate_data

ACCEPTED = {"accept_sparse": "csr", "dtype": (np.float64, np.float32), "order": "C"}


class Examples(NamedTuple):
    """Features float32 or float64 (n, d), class numbers int (n,), weights float64 (n,) or None."""

    X: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None

    @property
    def counted(self) -> np.ndarray:
        """Numbers of the rows whose weight is not 0, (m,)."""
        return np.arange(len(self.y)) if self.weights is None else np.flatnonzero(self.weights)


def check_examples(model: Any, X: Any, y: Any, reset: bool) -> tuple[np.ndarray, np.ndarray]:
    """X dense (n, d), y labels (n,); ValueError says what is wrong with them.

    reset: whether they determine the number and the names of features, or must have them.
    """
    X, y = validate_data(model, X, y, reset=reset, **ACCEPTED)
    check_classification_targets(y)
    return dense(X), y


def dense(X: Any) -> np.ndarray:
    """The array of a sparse matrix, or X itself."""
    return X if isinstance(X, np.ndarray) else X.toarray(order="C")


def encode(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The number of each label (n,) among sorted classes; ValueError for a label without one."""
    numbers = np.searchsorted(classes, y)
    numbers[numbers == len(classes)] = 0
    if unknown := sorted(set(y[classes[numbers] != y].tolist())):
        raise ValueError(f"y: expected labels among {classes.tolist()}, found {unknown!s:.100}")
    return numbers


def check_weights(
    sample_weight: Any, class_weight: Any, y: np.ndarray, classes: np.ndarray
) -> np.ndarray | None:
    """Weights float64 (n,), those of samples times those of classes; None: all are 1.

    y: class numbers. sample_weight: (n,), or one number for all. class_weight: None,
    {label: weight}, or "balanced", with which every class that occurs has as much weight as any
    other (before the weights of samples).
    """
    weights = None
    if isinstance(sample_weight, Real):  # the same for all, as scikit-learn takes it
        sample_weight = np.full(len(y), sample_weight, np.float64)
    if sample_weight is not None:
        weights = check_array(
            sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
        )
        if weights.shape != (len(y),):
            expected = f"shape ({len(y)},), one for each row of X"
            raise ValueError(f"sample_weight: expected {expected}, found {weights.shape}")
        if weights.min() < 0 or not weights.any():
            found = weights.min() or "zero everywhere"
            raise ValueError(
                f"sample_weight: expected no number below 0 and one above, found {found}"
            )
    if class_weight is not None:
        present = np.unique(y)
        found = compute_class_weight(class_weight, classes=classes[present], y=classes[y])
        factors = np.ones(len(classes))
        factors[present] = found
        weights = factors[y] if weights is None else weights * factors[y]
        if not (weights >= 0).all() or not weights.any():
            raise ValueError(
                "class_weight: expected no number below 0, and one above for a row that counts, "
                f"found {class_weight!s:.100}"
            )
    return weights


def check_validation(model: Any, X: Any, y: Any) -> Examples | None:
    """The user's own validation set, or None; its labels must be known already."""
    if (X is None) != (y is None):
        raise ValueError("X_val, y_val: expected both or neither, found one of them")
    if X is None:
        return None
    X = dense(validate_data(model, X, reset=False, **ACCEPTED))
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y_val")
    check_consistent_length(X, y)
    return Examples(X, encode(y, model.classes_), None)


def hold_out(examples: Examples, fraction: float, random_state: Any) -> tuple[Examples, Examples]:
    """Examples for training, and that fraction of them for validation.

    Each class has its share in both, where it has two examples and all classes fit.
    """
    rows = examples.counted
    y = examples.y[rows]
    counts = np.bincount(y)
    counts = counts[counts > 0]
    can = counts.min() > 1 and len(counts) <= math.ceil(fraction * len(y))
    options = {"test_size": fraction, "random_state": random_state}
    parts = train_test_split(rows, stratify=y if can else None, **options)
    if len(parts[1]) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            f"dataset: expected at least 2 rows in it, found {len(parts[1])} of {len(rows)}"
        )
    train, held = (_chosen(examples, part) for part in parts)
    return train, held


def _chosen(examples: Examples, rows: np.ndarray) -> Examples:
    found: list[Any] = [None if array is None else array[rows] for array in examples]
    return Examples(*found)


def same_again(random_state: np.random.RandomState) -> np.random.RandomState:
    """A copy, which draws what the original is going to draw."""
    return copy.deepcopy(random_state)
