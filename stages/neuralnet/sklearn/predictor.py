"""What a trained classifier answers and shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from .data import ACCEPTED, dense
from .monitor import log_probabilities
from .parameters import Parameters

BLOCK = 4096  # rows of a sparse matrix that are made dense at once


class Predictor(ClassifierMixin, Parameters):
    """Predictions and attributes, all of network_ and classes_."""

    def predict(self, X: Any) -> np.ndarray:
        """Labels (n,) of X (n, d); of equal probabilities the first one counts."""
        best = self._logits(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (n, classes), of the dtype trained with, in the order of classes_."""
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Logarithms of probabilities (n, classes): finite, however small those are."""
        return log_probabilities(self._logits(X))

    @property
    def coefs_(self) -> list[np.ndarray]:
        """The weights of each layer, (inputs, outputs): views of the network's."""
        return [tensors["weights"] for tensors in self.network_.tensors()]

    @property
    def intercepts_(self) -> list[np.ndarray]:
        """The biases of each layer, (outputs,): views of the network's."""
        return [tensors["biases"] for tensors in self.network_.tensors()]

    @property
    def n_layers_(self) -> int:
        """Number of layers, the inputs counted as one."""
        return len(self.network_.layers) + 1

    @property
    def n_outputs_(self) -> int:
        """Number of outputs: one for each class, for two classes, too."""
        return int(self.network_.outputs)

    @property
    def out_activation_(self) -> str:
        """Always softmax."""
        check_is_fitted(self)
        return "softmax"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _logits(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **ACCEPTED)
        workers = effective_n_jobs(self.n_jobs)
        parts = [X] if isinstance(X, np.ndarray) else _blocks(X)
        return np.concatenate([self.network_.logits(part, workers=workers) for part in parts])


def _blocks(X: Any) -> Iterator[np.ndarray]:
    """Some rows of a sparse matrix at a time, dense."""
    return (dense(X[start : start + BLOCK]) for start in range(0, X.shape[0], BLOCK))
