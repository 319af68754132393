"""Evaluate: models that do not fit what they are to be evaluated on."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import ConfigError
from stages.evaluate import evaluate
from stages.neuralnet import Network
from stages.options import InputOptions
from tests.stages.test_evaluate import CLASSES, D, arguments


@pytest.mark.parametrize("whitened", [False, True])
def test_a_model_of_other_features_is_refused(whitened):
    shape = (6, 4) if whitened else (0, 5)
    changes = {
        "standardization": np.empty((0, 5), np.float32),
        "whitening": np.empty(shape, np.float32),
    }
    with pytest.raises(
        ConfigError, match=r"--load: expected a model of 1024 features, .* found one of 5; "
    ):
        evaluate(**arguments(Network.create(4 if whitened else 5, (), 10), **changes))


def test_a_model_of_other_classes_is_refused():
    with pytest.raises(
        ConfigError, match=r"--load: expected a model of 10 classes, .* found one o"
    ):
        evaluate(**arguments(Network.create(D, (), 3)))


@pytest.mark.parametrize("names", [CLASSES[::-1], [*CLASSES[:9], "another"]])
def test_a_model_of_as_many_classes_by_other_names_is_refused(names):
    given = arguments(Network.create(D, (), 10))
    given["training"]["classes"] = list(CLASSES)
    assert evaluate(**given)["test"]["images"] == 5
    given["training"]["classes"] = names
    number = 0 if names[0] != CLASSES[0] else 9
    words = f"whose class {number} is {CLASSES[number]!r}, as these images have it, found "
    with pytest.raises(ConfigError, match=f"--load: expected a model {words}{names[number]!r}"):
        evaluate(**given)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (
            {"scale": "symmetric"},
            "--load: expected scale symmetric, as .* found unit; leave scale ",
        ),
        ({"contrast": True}, "--load: expected contrast true, as the model was .* found false; le"),
        (
            {"storage": "uint8"},
            "--load: expected storage uint8, as .* found float32; leave storage",
        ),
    ],
)
def test_a_model_that_knows_its_preprocessing_gets_no_other(own, message):
    network = Network.create(D, (), 10)
    given = arguments(network)
    given["training"]["preprocessing"] = {"color": False, "scale": "unit", **own}
    with pytest.raises(ConfigError, match=message):
        evaluate(**given)
    evaluate(**given, inputs=InputOptions(**own))


def test_a_model_of_another_table():
    network = Network.create(D, (5,), 10)
    given = arguments(network)
    given["training"] |= {"columns": [{"name": "a", "kind": "number"}], "shape": [1]}
    with pytest.raises(ConfigError, match="found a table with the columns a; load"):
        evaluate(**given)
