"""The same numbers as MLPClassifier's, step by step: initial weights, order, loss and solver.

Two classes are another matter: there MLPClassifier has one logistic output, and ours has two.
"""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: extra `sklearn`")

import sklearn
from sklearn.neural_network import MLPClassifier

from stages.neuralnet import OneBlasThread
from stages.neuralnet.sklearn import NetworkClassifier

from .data import digits

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:scipy.optimize:DeprecationWarning",  # of how the lowest scikit-learn calls it
)

CASES = {
    "adam": {},
    "identity": {"activation": "identity", "alpha": 0.01},
    "logistic": {"activation": "logistic", "batch_size": 64, "alpha": 0.1},
    "tanh": {"activation": "tanh", "hidden_layer_sizes": (20, 10), "shuffle": False},
    "beta": {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3},
    "sgd": {"solver": "sgd"},
    "plain": {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5, "batch_size": 30},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.1},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.3, "n_iter_no_change": 1},
    "lbfgs": {"solver": "lbfgs", "alpha": 0.1},
}


def both(X, y, options, **fit):
    options = {"max_iter": 6, "learning_rate_init": 0.02, "random_state": 7} | options
    with OneBlasThread():  # the products are small
        return [kind(**options).fit(X, y, **fit) for kind in (MLPClassifier, NetworkClassifier)]


def penalty(model):
    """How exact losses are: the penalty is that of weights between the ends of an epoch."""
    return 1e-5 + 0.05 * model.alpha


def expect_same(theirs, ours, X, tolerance=1e-7):
    for name in ("coefs_", "intercepts_"):
        for expected, found in zip(getattr(theirs, name), getattr(ours, name), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=tolerance)
    for name in ("n_iter_", "n_layers_", "n_outputs_", "out_activation_"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=penalty(ours))


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_the_same_parameters_and_losses(options):
    X, y = digits()
    theirs, ours = both(X, y, options)
    expect_same(theirs, ours, X)
    if "solver" not in options or options["solver"] != "lbfgs":
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=penalty(ours))
        assert ours.best_loss_ == pytest.approx(theirs.best_loss_, rel=penalty(ours))
        assert ours.t_ == theirs.t_


@pytest.mark.skipif(sklearn.__version__ < "1.7", reason="sample weights came with 1.7")
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_the_same_with_weights(solver):
    X, y = digits()
    weights = np.random.default_rng(0).uniform(0.5, 2, len(y))
    options = {"solver": solver, "alpha": 1e-3 if solver == "lbfgs" else 0}
    theirs, ours = both(X, y, options, sample_weight=weights)
    expect_same(theirs, ours, X, tolerance=1e-6)


def test_both_stop_in_the_same_epoch():
    X, y = digits()
    options = {"max_iter": 500, "tol": 0.02, "n_iter_no_change": 3, "learning_rate_init": 0.02}
    theirs, ours = both(X, y, options)
    assert ours.n_iter_ == theirs.n_iter_ < 100
    assert ours.converged_
