"""scikit-learn's checks of an estimator, none expected to fail, and its own tests of MLPClassifier.

Here those that are quick, on a small network and few epochs. `make sklearn-checks` runs all checks,
on NetworkClassifier() as well, and all tests that apply.
"""

from __future__ import annotations

import functools

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: extra `sklearn`")

from sklearn.utils.estimator_checks import parametrize_with_checks

from stages.neuralnet.sklearn import NetworkClassifier

from .data import ALL, QUICK
from .mlp_cases import cases

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::FutureWarning"
)
SLOW = {
    "check_classifiers_classes",
    "check_classifiers_train",
    "check_estimator_sparse_array",
    "check_estimator_sparse_matrix",
    "check_estimators_dtypes",
    "check_methods_subset_invariance",
    "test_alpha",
    "test_lbfgs_classification",
    "test_n_iter_no_change",
    "test_n_iter_no_change_inf",
    "test_partial_fit_classification",
    "test_warm_start",
}
MODELS = [NetworkClassifier(**QUICK | {"max_iter": 30, "batch_size": "auto"})]
CHECKS = parametrize_with_checks(MODELS + [NetworkClassifier()] * ALL).mark


def name_of(check) -> str:
    return check.func.__name__ if isinstance(check, functools.partial) else check.__name__


def wanted(pair) -> bool:
    *_, check = getattr(pair, "values", pair)
    return ALL or name_of(check) not in SLOW


PAIRS = list(filter(wanted, CHECKS.args[1]))


@pytest.mark.parametrize(("estimator", "check"), PAIRS, **CHECKS.kwargs)
def test_check(estimator, check):
    check(estimator)


globals().update({name: case for name, case in cases().items() if ALL or name not in SLOW})
