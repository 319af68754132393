"""What the classifier learns from, and with what."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: extra `sklearn`")

import stages.neuralnet.sklearn
from stages.neuralnet import INITIALIZERS, Network
from stages.neuralnet.sklearn import NetworkClassifier
from stages.neuralnet.sklearn.solvers import SCHEDULED, SOLVERS

from .data import digits, model, same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = digits()


def test_there_is_one_class_and_it_needs_no_argument():
    found = [name for name in vars(stages.neuralnet.sklearn) if name.endswith("Classifier")]
    assert found == ["NetworkClassifier"]
    assert NetworkClassifier().get_params()["hidden_layer_sizes"] == (100,)


@pytest.mark.parametrize(
    "names",
    [list("abcdefghij"), [f"digit {n}" for n in range(10)], np.arange(10) * 2.0 - 5, range(-5, 5)],
    ids=["letters", "words", "floats", "negative"],
)
def test_any_labels(names):
    names = np.array(names)
    found = model().fit(X, names[Y])
    assert found.classes_.tolist() == sorted(names.tolist())
    assert found.classes_.dtype == found.predict(X).dtype == names.dtype
    assert found.score(X, names[Y]) > 0.9
    assert found.predict_proba(X).shape == (430, 10)


def test_truth_values_and_objects_are_labels_too():
    found = model().fit(X, Y > 4)
    assert found.predict(X).dtype == bool
    assert found.predict_proba(X).shape == (430, 2)
    words = np.array(["low", "high"], object)[(Y > 4).astype(int)]
    assert set(model().fit(X, words).predict(X)) == {"low", "high"}


def test_weights_of_samples_and_classes():
    counts = np.random.default_rng(0).integers(0, 3, len(Y))
    options = {"batch_size": 2000, "solver": "sgd"}
    with pytest.warns(UserWarning, match="batch_size"):
        weighted = model(**options).fit(X, Y, sample_weight=counts)
    with pytest.warns(UserWarning, match="batch_size"):
        repeated = model(**options).fit(np.repeat(X, counts, axis=0), np.repeat(Y, counts))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-9)
    doubled = model().fit(X, Y, sample_weight=2)
    assert same(doubled, model().fit(X, Y, sample_weight=np.full(len(Y), 2.0)))
    by_class = model(class_weight={3: 5.0}).fit(X, Y)
    assert same(by_class, model().fit(X, Y, sample_weight=np.where(Y == 3, 5.0, 1.0)))
    few = np.flatnonzero((Y != 1) | (np.arange(430) < 30))
    share = {
        kind: (model(class_weight=kind, max_iter=3).fit(X[few], Y[few]).predict(X) == 1).mean()
        for kind in (None, "balanced")
    }
    assert share["balanced"] > share[None]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_precision_is_that_of_the_features(kind):
    found = model().fit(*digits(dtype=kind))
    assert {array.dtype for array in (*found.coefs_, *found.intercepts_)} == {np.dtype(kind)}
    assert found.predict_proba(X).dtype == kind
    assert model().fit((X * 16).astype(np.uint8), Y).coefs_[0].dtype == np.float64


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_learns(solver):
    rate = {"sgd": 0.2, "lion": 0.003, "muon": 0.05, "rmsprop": 0.01}.get(solver, 0.02)
    found = model(solver=solver, learning_rate_init=rate, weight_decay=1e-4, max_iter=15)
    assert found.fit(X, Y).score(X, Y) > 0.9


OURS = {
    "batch": {"norm": "batch"},
    "layer": {"norm": "layer", "activation": "gelu", "hidden_layer_sizes": (16, 8)},
    "dropout": {"dropout": 0.1},
    "smoothing": {"label_smoothing": 0.1},
    "clip": {"clip": 0.5},
    "averaging": {"averaging": 0.8},
    "linear model": {"hidden_layer_sizes": (), "learning_rate_init": 0.1},
    **{name: {"learning_rate": name, "warmup": 1} for name in SCHEDULED},
    **{name: {"initializer": name} for name in ("auto", *INITIALIZERS) if name != "zeros"},
}


@pytest.mark.parametrize("options", OURS.values(), ids=OURS)
def test_what_is_ours(options):
    plain, found = model().fit(X, Y), model(**options).fit(X, Y)
    assert found.score(X, Y) > 0.85
    assert isinstance(found.network_, Network)
    assert not np.array_equal(found.predict_proba(X), plain.predict_proba(X))


def test_progress(capsys):
    seen = []
    model(verbose=True, max_iter=2, callback=lambda m: seen.append(m.score(X, Y))).fit(
        X, Y, X_val=X, y_val=Y
    )
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["Iteration 1", "Iteration 2"]
    assert f"validation score = {seen[-1]:.6f} (2 of at most 2; " in lines[-1]
    stopped = model(callback=lambda m: m.n_iter_ == 3).fit(X, Y)
    assert (stopped.n_iter_, stopped.converged_) == (3, True)


def test_an_interrupt_keeps_the_last_epoch():
    def interrupt(found):
        if found.n_iter_ == 2:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="Training interrupted by user"):
        found = model(callback=interrupt).fit(X, Y)
    two = model(max_iter=2).fit(X, Y)
    assert np.array_equal(found.predict_proba(X), two.predict_proba(X))
    assert found.partial_fit(X, Y).score(X, Y) > 0.5
