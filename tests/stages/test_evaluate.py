"""Evaluate: scores on images that were never trained on, and models that do not fit them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.errors import ConfigError, DataError
from stages.evaluate import evaluate
from stages.neuralnet import Network

CLASSES = [f"class {number}" for number in range(10)]
ROWS = {"validation_rows": np.arange(4, 7), "test_rows": np.arange(7, 12)}


def arguments(network: Network, **changes):
    rng = np.random.default_rng(0)
    return {
        "features": rng.random((12, 6), np.float32),
        "labels": np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 1], np.uint8),
        "dataset": {"name": "some", "classes": CLASSES},
        **ROWS,
        "standardization": np.empty((0, 6), np.float32),
        "parameters": network.parameters,
        "training": {"layers": network.layers},
        **changes,
    }


@pytest.mark.parametrize("standardized", [False, True])
def test_the_scores_are_those_of_the_network(standardized):
    network = Network.create(6, (5,), 10)
    constants = np.full((2, 6), 0.5, np.float32) if standardized else np.empty((0, 6), np.float32)
    given = arguments(network, standardization=constants)
    found = evaluate(**given)
    features = given["features"][7:]
    features = (features - 0.5) * 0.5 if standardized else features
    found_probabilities = network.probabilities(features)
    labels = given["labels"][7:]
    right = found_probabilities.argmax(axis=1) == labels
    loss = -np.log(found_probabilities[np.arange(5), labels]).mean()
    assert found["dataset"] == "some"
    assert found["validation"]["images"] == 3
    assert found["test"]["images"] == 5
    assert found["test"]["accuracy"] == pytest.approx(right.mean())
    assert found["test"]["loss"] == pytest.approx(loss, rel=1e-5)
    assert list(found["test"]["per_class"]) == CLASSES
    assert found["test"]["per_class"]["class 0"] is None
    assert np.sum(found["test"]["confusion"]) == 5
    assert np.sum(found["test"]["confusion"][8]) == 3
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_without_validation_images_there_is_no_validation():
    found = evaluate(**arguments(Network.create(6, (), 10), validation_rows=np.arange(0)))
    assert "validation" not in found


def test_a_model_of_other_features_is_refused():
    with pytest.raises(
        ConfigError, match=r"--load: expected a model of 6 features, .* found one o"
    ):
        evaluate(**arguments(Network.create(5, (), 10)))


def test_a_model_of_other_classes_is_refused():
    with pytest.raises(
        ConfigError, match=r"--load: expected a model of 10 classes, .* found one o"
    ):
        evaluate(**arguments(Network.create(6, (), 3)))


def test_numbers_that_overflow_are_told():
    network = Network.create(6, (5,), 10)
    network.parameters[...] = np.where(np.arange(network.parameters.size) % 2, 3e38, -3e38)
    with pytest.raises(DataError, match=r"expected a finite validation loss, found (nan|inf): the"):
        evaluate(**arguments(network))
