"""Small data to learn, and what all tests of the classifier share."""

from __future__ import annotations

import os

import joblib
import numpy as np
from sklearn.datasets import load_digits

from stages.neuralnet.sklearn import NetworkClassifier

ALL = bool(os.environ.get("SKLEARN_CHECKS"))  # `make sklearn-checks` wants what takes long, too
QUICK = {
    "hidden_layer_sizes": (16,),
    "max_iter": 8,
    "batch_size": 43,
    "learning_rate_init": 0.02,
    "random_state": 0,
}


def digits(count: int = 430, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Features (count, 64) in [0, 1] and labels 0 to 9."""
    X, y = load_digits(return_X_y=True)
    return (X[:count] / 16).astype(dtype), y[:count]


def model(**options) -> NetworkClassifier:
    """A small classifier that trains in some milliseconds."""
    return NetworkClassifier(**QUICK | options)


def same(one, other) -> bool:
    """Whether two classifiers have the same parameters and curves, to the bit."""
    return (
        np.array_equal(one.network_.parameters, other.network_.parameters)
        and one.loss_curve_ == other.loss_curve_
        and one.validation_loss_curve_ == other.validation_loss_curve_
        and joblib.hash(one.classes_) == joblib.hash(other.classes_)
    )
