"""scikit-learn's own tests of MLPClassifier, as it is installed, with our class in its place.

The names that the module of tests imports are looked up while the class is exchanged, so its test
functions, and their parameters, use ours. What is not named in `ELSEWHERE` is run.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import SimpleNamespace
from unittest import mock

import pytest

from stages.neuralnet.sklearn import NetworkClassifier

REGRESSOR = "of MLPRegressor alone"
MULTILABEL = "several labels for one example: not offered"
ELSEWHERE = {  # test → why it does not apply
    "test_fit": "sets private attributes by hand, for one logistic output; see test_parity.py",
    "test_gradient": "calls the private _loss_grad_lbfgs; gradients: step/test_plan.py",
    "test_lbfgs_regression": REGRESSOR,
    "test_lbfgs_regression_maxfun": REGRESSOR,
    "test_multioutput_regression": REGRESSOR,
    "test_partial_fit_regression": REGRESSOR,
    "test_nonfinite_params": REGRESSOR,
    "test_shuffle": REGRESSOR,
    "test_mlp_regressor_dtypes_casting": REGRESSOR,
    "test_mlp_loading_from_joblib_partial_fit": REGRESSOR,
    "test_mlp_diverging_loss": REGRESSOR,
    "test_mlp_sample_weight_with_early_stopping": REGRESSOR,
    "test_mlp_vs_poisson_glm_equivalent": REGRESSOR,
    "test_minimum_input_sample_size": REGRESSOR,
    "test_multilabel_classification": MULTILABEL,
    "test_predict_proba_multilabel": MULTILABEL,
    "test_mlp_partial_fit_after_fit": "wants early stopping refused in partial_fit; here it works",
    "test_early_stopping_stratified": "wants a class with one example refused; here it is split",
}


class Ours(NetworkClassifier):
    """With a private attribute that two of the tests read."""

    @property
    def _optimizer(self) -> SimpleNamespace:
        return SimpleNamespace(learning_rate=self.learning_rate_)


def cases() -> dict[str, Callable]:
    """The tests that apply, by name; parameters that are regressors are left out."""
    with mock.patch("sklearn.neural_network.MLPClassifier", Ours):
        module = importlib.import_module("sklearn.neural_network.tests.test_mlp")
    regressor, found = module.MLPRegressor, {}
    for name, function in vars(module).items():
        if name.startswith("test_") and name not in ELSEWHERE:
            for number, mark in enumerate(marks := getattr(function, "pytestmark", [])):
                if mark.name == "parametrize" and regressor in mark.args[1]:
                    values = [value for value in mark.args[1] if value is not regressor]
                    marks[number] = pytest.mark.parametrize(mark.args[0], values).mark
            found[name] = function
    return found
