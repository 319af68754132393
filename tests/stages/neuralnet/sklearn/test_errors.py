"""What cannot be trained on is refused in one line: what was expected, and what was found."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: extra `sklearn`")

from sklearn.exceptions import NotFittedError

from stages.neuralnet.sklearn import NetworkClassifier

from .data import QUICK, digits

X, Y = digits(40)
QUICK = QUICK | {"batch_size": "auto"}

PARAMETERS = {
    "activation": ("swish", "one of identity, logistic, relu"),
    "solver": ("newton", "one of lbfgs, sgd"),
    "alpha": (-1, "a finite number of at least 0"),
    "batch_size": (0, "auto or a whole number of at least 1"),
    "learning_rate": ("fast", "one of constant, invscaling"),
    "learning_rate_init": (0, "a finite number above 0"),
    "max_iter": (1.5, "a whole number of at least 1"),
    "n_iter_no_change": (0, "inf or a whole number of at least 1"),
    "momentum": (1, "a number of at least 0 below 1"),
    "shuffle": ("no", "True or False"),
    "norm": ("group", "one of none, batch, layer"),
    "dropout": (1.0, "a number of at least 0 below 1"),
    "weight_decay": ("x", "None or a finite number of at least 0"),
    "initializer": ("ones", "None or one of auto, "),
    "hidden_layer_sizes": ((5, 0), "a whole number of at least 1, or some"),
    "callback": (3, "None or a function"),
    "decay": (2, "a number above 0, at most 1"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name):
    value, expected = PARAMETERS[name]
    model = NetworkClassifier(**QUICK | {name: value})
    with pytest.raises(ValueError, match=f"^{name}: expected {expected}") as caught:
        model.fit(X, Y)
    assert repr(value) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sample_weight": np.ones(39)}, r"^sample_weight: expected shape \(40,\), .* \(39,\)"),
        ({"sample_weight": -np.ones(40)}, "^sample_weight: expected no number below 0"),
        ({"sample_weight": -2}, "^sample_weight: expected no number below 0"),
        ({"sample_weight": np.nan}, "sample_weight contains NaN"),
        ({"sample_weight": np.zeros(40)}, "^sample_weight: .*found zero everywhere"),
        ({"X_val": X}, "^X_val, y_val: expected both or neither"),
        ({"X_val": X, "y_val": Y + 5}, r"^y: expected labels among .*, found \[10, 11, "),
        ({"X_val": X[:, 1:], "y_val": Y}, "63 features, but NetworkClassifier is expecting 64"),
    ],
)
def test_data(options, words):
    with pytest.raises(ValueError, match=words):
        NetworkClassifier(**QUICK).fit(X, Y, **options)


def test_several_labels_for_one_example_are_refused():
    with pytest.raises(ValueError, match="y should be a 1d array"):
        NetworkClassifier(**QUICK).fit(X, np.eye(10)[Y])


def test_partial_fit_knows_its_classes():
    model = NetworkClassifier(**QUICK)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, Y)
    model.partial_fit(X, Y, classes=range(10))
    with pytest.raises(ValueError, match=r"y: expected labels among .*, found \[17\]"):
        model.partial_fit(X[:1], [17])
    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, Y, classes=range(11))
    with pytest.raises(ValueError, match=r"^class_weight: expected None or weights by label"):
        model.set_params(class_weight="balanced").partial_fit(X, Y)
    assert not hasattr(NetworkClassifier(solver="lbfgs"), "partial_fit")


@pytest.mark.parametrize("weight", [0.0, -1.0])
def test_weights_of_classes_that_leave_no_row_are_refused(weight):
    with pytest.raises(ValueError, match=r"^class_weight: expected no number below 0, and one abo"):
        NetworkClassifier(class_weight=dict.fromkeys(range(10), weight)).fit(X, Y)


def test_lbfgs_takes_no_noise():
    with pytest.raises(ValueError, match=r"^dropout: expected 0 with solver lbfgs, found 0.5"):
        NetworkClassifier(solver="lbfgs", dropout=0.5).fit(X, Y)
    with pytest.raises(ValueError, match=r"^X_val, y_val: expected None with solver lbfgs"):
        NetworkClassifier(solver="lbfgs").fit(X, Y, X_val=X, y_val=Y)


def test_what_failed_to_train_is_not_fitted():
    model = NetworkClassifier(**QUICK)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(X, Y, sample_weight=-np.ones(40))
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_a_validation_set_needs_two_examples():
    with pytest.raises(ValueError, match=r"^The validation set is too small.*found 1 of 9"):
        NetworkClassifier(**QUICK, early_stopping=True).fit(X[:9], Y[:9])


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_what_explodes_is_said_so(solver):
    model = NetworkClassifier(**QUICK | {"solver": solver, "activation": "identity"})
    with pytest.raises(ValueError, match=r"^Solver produced non-finite parameter weights"):
        model.fit(X * 1e300, Y)


def test_without_scikit_learn_the_extra_is_named():
    code = "import sys; sys.modules['sklearn'] = None; import stages.neuralnet.sklearn"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 1
    last = found.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: stages.neuralnet.sklearn needs scikit-learn")
    assert last.endswith("pip install 'cifar-pipeline[sklearn]'")
