"""Training that goes on: call by call, after a fit, and until validation says enough."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: extra `sklearn`")

from sklearn.base import clone
from sklearn.metrics import log_loss

from .data import digits, model, same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = digits()


@pytest.mark.parametrize(
    "options", [{}, {"early_stopping": True}, {"dropout": 0.2}, {"averaging": 0.9}]
)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_calls_of_partial_fit_are_the_epochs_of_fit(solver, options):
    options = {"solver": solver, "learning_rate": "linear", "shuffle": False} | options
    whole, parts = model(**options).fit(X, Y), model(**options)
    for _ in range(8):
        parts.partial_fit(X, Y, classes=range(10))
    if options.get("early_stopping"):  # fit goes back to the best at its end
        assert parts.validation_scores_ == whole.validation_scores_
        assert parts.loss_curve_ == whole.loss_curve_
        assert np.array_equal(parts._best, whole.network_.parameters)
    else:
        assert same(whole, parts)


def test_partial_fit_stops_early_at_the_best():
    found = model(early_stopping=True, n_iter_no_change=3, shuffle=False)
    calls = 0
    while not getattr(found, "converged_", False):
        found.partial_fit(X, Y, classes=range(10))
        calls += 1
    scores = found.validation_scores_
    assert 5 < calls == len(scores) == len(found.validation_loss_curve_) < 100
    assert found.best_validation_score_ == max(scores)
    held_out = found.predict(X), clone(found).fit(X, Y).validation_scores_
    assert held_out[1][:3] == scores[:3]  # the same examples are held out
    assert np.array_equal(found.partial_fit(X, Y).predict(X), held_out[0])
    assert len(found.validation_scores_) == calls
    again = found.set_params(early_stopping=False).partial_fit(X, Y)
    assert len(again.loss_curve_) == calls + 1


def test_partial_fit_goes_on_from_fit_with_any_solver():
    found = model(early_stopping=True).fit(X[:300], Y[:300])
    before = found.score(X, Y)
    for solver in ("adam", "sgd", "lion"):
        found.set_params(solver=solver, learning_rate_init=0.002).partial_fit(X, Y)
    assert found.score(X, Y) >= before - 0.02
    assert len(found.loss_curve_) == 8 + 3


def test_chunks_without_all_classes_or_with_single_examples():
    found = model(early_stopping=True, validation_fraction=0.3, batch_size="auto")
    for start in range(0, 430, 43):
        found.partial_fit(X[start : start + 43], Y[start : start + 43], classes=range(10))
    found.partial_fit(X[:9], np.full(9, 3))
    assert found.score(X, Y) > 0.3


def test_curves_of_validation():
    found = model(early_stopping=True, validation_fraction=0.25).fit(X, Y)
    assert len(found.validation_loss_curve_) == len(found.validation_scores_) == found.n_iter_
    assert found.best_loss_ is None
    X_val, y_val = X[300:], Y[300:]
    found = model().fit(X[:300], Y[:300], X_val=X_val, y_val=y_val)
    assert found.validation_loss_curve_[-1] == pytest.approx(
        log_loss(y_val, found.predict_proba(X_val))
    )
    assert found.validation_scores_[-1] == found.score(X_val, y_val)
    assert found.best_validation_score_ is None
    stopped = model(early_stopping=True).fit(X[:300], Y[:300], X_val=X_val, y_val=y_val)
    assert stopped.loss_curve_ == found.loss_curve_  # all of X is trained on
    assert stopped.score(X_val, y_val) == max(stopped.validation_scores_)
    assert model().fit(X, Y).validation_loss_curve_ is None


def test_warm_start_goes_on():
    found = model(warm_start=True, max_iter=3).fit(X, Y)
    first = found.loss_curve_[:]
    assert found.fit(X, Y).loss_curve_[:3] == first
    assert len(found.loss_curve_) == 6
    assert found.n_iter_ == 3
    assert found.loss_ < first[-1]
    with pytest.raises(ValueError, match=r"^hidden_layer_sizes, activation, norm, dropout: expe"):
        found.set_params(hidden_layer_sizes=(5,)).fit(X, Y)
