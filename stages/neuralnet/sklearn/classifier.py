"""The classifier: scikit-learn's methods on networks of this library."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if

from .data import (
    Examples,
    check_examples,
    check_validation,
    check_weights,
    encode,
)
from .parameters import check_parameters
from .predictor import Predictor
from .state import split, start, take_best, training_network
from .training import train


class NetworkClassifier(Predictor):
    """A multi-layer perceptron, with the parameters, methods and attributes of MLPClassifier.

    README.md beside this file lists all parameters and what is different.

    Attributes, n_iter_ and so on as MLPClassifier has them, and also:
        network_             the `Network`: layers and parameters
        validation_loss_curve_, validation_scores_
                             mean log loss, and accuracy, on held-out examples after each epoch;
                             None where there are none
        learning_rate_       of the next epoch
        converged_           whether training came to its end before max_iter; with early stopping,
                             `partial_fit` changes nothing any more
    """

    converged_: bool

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None
    ) -> NetworkClassifier:
        """Train on X (n, d), dense or sparse, with labels y (n,).

        sample_weight: (n,) or one number, at least 0; None: all 1. X_val, y_val: examples to
        validate on; by default, with early stopping, a part of X. Raises ValueError for what cannot
        be trained on.
        """
        check_parameters(self)
        again = self.warm_start and hasattr(self, "network_")
        X, y = check_examples(self, X, y, reset=not again)
        classes = np.unique(y)
        if not again:
            self.classes_ = classes
        elif not np.array_equal(classes, self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {classes}"
            )
        data = self._examples(X, y, sample_weight)
        given = check_validation(self, X_val, y_val)
        if self.solver == "lbfgs" and given is not None:
            raise ValueError("X_val, y_val: expected None with solver lbfgs, which has no epochs")
        self._random_state = check_random_state(self.random_state)
        start(self, X, again)
        self._state, self._splitter, self._in_parts = None, None, False
        if self.solver == "lbfgs":
            from .lbfgs import train_lbfgs

            train_lbfgs(self, self.network_, data)
            return self
        data, validation = split(self, data, given)
        train(self, self.network_, data, validation, self.max_iter)
        take_best(self)
        return self

    @available_if(lambda self: self.solver != "lbfgs")
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
    ) -> NetworkClassifier:
        """Train for one epoch on X and y.

        Calls with the same X do what `fit` does in as many epochs, to the bit unless examples are
        shuffled: each call begins with the order of X.

        classes: all that there will be; needed in the first call. With early stopping a part of X
        is held out, the same part of the same X in every call (or X_val, y_val are used), and when
        the score has not improved for n_iter_no_change calls, the best parameters are taken,
        `converged_` is True, and further calls change nothing.
        """
        check_parameters(self)
        first = not hasattr(self, "network_")
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if classes is not None:
            classes = np.unique(classes)
            if not first and not np.array_equal(classes, self.classes_):
                raise ValueError(
                    f"`classes={classes}` is not the same as on last call to partial_fit, was: "
                    f"{self.classes_}"
                )
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight: expected None or weights by label with partial_fit, which sees only "
                "a part of the data, found 'balanced'"
            )
        X, y = check_examples(self, X, y, reset=first)
        if first:
            self.classes_ = classes
        data = self._examples(X, y, sample_weight)
        given = check_validation(self, X_val, y_val)
        if first:
            self._random_state = check_random_state(self.random_state)
            self._state, self._splitter = None, None
        if first or not self._in_parts or self.early_stopping != (self.best_loss_ is None):
            start(self, X, again=not first)
            self._in_parts = True
        if self.converged_ and self.early_stopping:
            return self
        self.converged_ = False
        data, validation = split(self, data, given)
        train(self, training_network(self), data, validation, epochs=1)
        if self.converged_:
            take_best(self)
        return self

    def _examples(self, X: np.ndarray, y: np.ndarray, sample_weight: Any) -> Examples:
        numbers = encode(y, self.classes_)
        weights = check_weights(sample_weight, self.class_weight, numbers, self.classes_)
        return Examples(X, numbers, weights)
