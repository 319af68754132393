"""scikit-learn's checks of an estimator: all of them, none expected to fail.

Here on a small network and few epochs; `make sklearn-checks` runs them on NetworkClassifier() as
well, and the slow ones of scikit-learn's own tests.
"""

from __future__ import annotations

import os

import pytest

from .data import QUICK

from sklearn.utils.estimator_checks import parametrize_with_checks  # isort: skip

from stages.neuralnet.sklearn import NetworkClassifier

from .mlp_cases import cases

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::FutureWarning"
)
ALL = bool(os.environ.get("SKLEARN_CHECKS"))
SLOW = {"test_partial_fit_classification", "test_n_iter_no_change_inf", "test_warm_start"}
MODELS = [NetworkClassifier(**{**QUICK, "max_iter": 30, "batch_size": "auto"})]
MODELS += [NetworkClassifier()] * ALL


@parametrize_with_checks(MODELS)
def test_check(estimator, check):
    check(estimator)


globals().update({name: case for name, case in cases().items() if ALL or name not in SLOW})
