"""The classifier in what scikit-learn's users have: searches, pipelines, joblib, pickles."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: extra `sklearn`")

import joblib
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .data import ALL, digits, model, same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = digits()


@pytest.mark.parametrize("options", [{"solver": "lbfgs"}, {"early_stopping": True}])
def test_sparse_is_as_dense(options):
    dense, thin = (model(**options).fit(kind(X), Y) for kind in (np.array, sparse.csc_matrix))
    assert same(dense, thin)
    assert np.array_equal(dense.predict_proba(X), thin.predict_proba(sparse.coo_array(X)))


def test_threads_give_the_same_bits():
    options = {"hidden_layer_sizes": (150, 130), "max_iter": 2}
    assert same(*(model(n_jobs=n_jobs, **options).fit(X, Y) for n_jobs in (1, 2)))


@pytest.mark.parametrize("backend", ["threading", *["loky"] * ALL])
@pytest.mark.long
def test_grid_search_in_a_pipeline(backend):
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
