"""What users do with the classifier beside fit and predict."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from .data import QUICK, digits, same

from scipy import sparse  # isort: skip
from sklearn.base import clone  # isort: skip
from sklearn.metrics import log_loss  # isort: skip
from sklearn.model_selection import GridSearchCV  # isort: skip
from sklearn.pipeline import make_pipeline  # isort: skip
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # isort: skip

import stages.neuralnet.sklearn
from stages.neuralnet import INITIALIZERS, Network
from stages.neuralnet.sklearn import NetworkClassifier
from stages.neuralnet.sklearn.solvers import SCHEDULED, SOLVERS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = digits()


def model(**options) -> NetworkClassifier:
    return NetworkClassifier(**QUICK | options)


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


def test_weights_of_samples_and_classes():
    counts = np.random.default_rng(0).integers(0, 3, len(Y))
    options = {"batch_size": 2000, "solver": "sgd"}
    with pytest.warns(UserWarning, match="batch_size"):
        weighted = model(**options).fit(X, Y, sample_weight=counts)
    with pytest.warns(UserWarning, match="batch_size"):
        repeated = model(**options).fit(np.repeat(X, counts, axis=0), np.repeat(Y, counts))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-9)
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


@pytest.mark.parametrize("options", [{"solver": "lbfgs"}, {"early_stopping": True}])
def test_sparse_is_as_dense(options):
    dense, thin = (model(**options).fit(kind(X), Y) for kind in (np.array, sparse.csc_matrix))
    assert same(dense, thin)
    assert np.array_equal(dense.predict_proba(X), thin.predict_proba(sparse.coo_array(X)))


def test_threads_give_the_same_bits():
    options = {"hidden_layer_sizes": (150, 130), "max_iter": 2}
    assert same(*(model(n_jobs=n_jobs, **options).fit(X, Y) for n_jobs in (1, 2)))


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_grid_search_in_a_pipeline(backend):
    import joblib

    line = make_pipeline(StandardScaler(), model())
    grid = {"networkclassifier__hidden_layer_sizes": [(8,), (16,)]}
    one, two = (GridSearchCV(line, grid, cv=2, n_jobs=n, error_score="raise") for n in (1, 2))
    with joblib.parallel_backend(backend):
        one.fit(X, Y)
        two.fit(X, Y)
    scores = [search.cv_results_["mean_test_score"] for search in (one, two)]
    assert np.array_equal(*scores)
    assert same(one.best_estimator_[-1], two.best_estimator_[-1])


def test_categories_come_sparse_from_an_encoder():
    rng = np.random.default_rng(0)
    table = rng.integers(0, 4, (300, 3)).astype(str)
    line = make_pipeline(OneHotEncoder(), model(max_iter=30))
    assert line.fit(table, table[:, 0]).score(table, table[:, 0]) == 1


@pytest.mark.parametrize(
    "options", [{}, {"early_stopping": True, "averaging": 0.9, "norm": "batch"}]
)
def test_pickled_it_predicts_and_trains_on_alike(options):
    found = model(**options).partial_fit(X, Y, classes=range(10))
    other = pickle.loads(pickle.dumps(found))
    assert np.array_equal(found.predict_proba(X), other.predict_proba(X))
    assert same(found.partial_fit(X, Y), other.partial_fit(X, Y))


def test_a_clone_is_untrained_and_trains_alike():
    found = model(dropout=0.1, initializer="auto", random_state=3).fit(X, Y)
    assert not hasattr(clone(found), "classes_")
    assert same(found, clone(found).fit(X, Y))
    assert not same(found, clone(found).set_params(random_state=4).fit(X, Y))
    rng = np.random.RandomState(3)
    assert same(found, clone(found).set_params(random_state=rng).fit(X, Y))


def test_warm_start_goes_on():
    found = model(warm_start=True, max_iter=3).fit(X, Y)
    first = found.loss_curve_[:]
    assert found.fit(X, Y).loss_curve_[:3] == first
    assert len(found.loss_curve_) == 6
    assert found.n_iter_ == 3
    assert found.loss_ < first[-1]
    with pytest.raises(ValueError, match=r"^hidden_layer_sizes, activation, norm, dropout: expe"):
        found.set_params(hidden_layer_sizes=(5,)).fit(X, Y)


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
