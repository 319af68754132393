"""Evaluate: scores on images that were never trained on, and models that do not fit them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.context import Context
from pipeline.errors import DataError
from stages.evaluate import evaluate
from stages.neuralnet import Network
from stages.neuralnet.inputs import Inputs, mirrored
from stages.neuralnet.metrics import score
from stages.options import InputOptions

CLASSES = [f"class {number}" for number in range(10)]
ROWS = {"validation_rows": np.arange(4, 7), "test_rows": np.arange(7, 12)}
D = 1024


def arguments(network: Network, **changes):
    rng = np.random.default_rng(0)
    return {
        "features": rng.random((12, D), np.float32),
        "labels": np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 1], np.uint8),
        "dataset": {"name": "some", "classes": CLASSES},
        **ROWS,
        "standardization": np.empty((0, D), np.float32),
        "whitening": np.empty((0, D), np.float32),
        "parameters": network.parameters,
        "training": {"layers": network.layers},
        **changes,
    }


@pytest.mark.parametrize("standardized", [False, True])
def test_the_scores_are_those_of_the_network(standardized):
    network = Network.create(D, (5,), 10)
    constants = np.full((2, D), 0.5, np.float32) if standardized else np.empty((0, D), np.float32)
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
    assert "tta" not in found["test"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_inputs_are_made_as_in_training():
    rng = np.random.default_rng(1)
    network = Network.create(6, (5,), 10)
    whitening = rng.normal(size=(1 + D, 6)).astype(np.float32)
    pixels = rng.integers(0, 256, (12, D), np.uint8)
    given = arguments(network, features=pixels, whitening=whitening)
    found = evaluate(
        **given, inputs=InputOptions(storage="uint8", contrast=True, scale="symmetric")
    )
    inputs = Inputs(2 / 255, -1.0, True, whitening=whitening)
    expected = network.evaluate(inputs(pixels)[7:], given["labels"][7:])
    assert found["test"]["loss"] == pytest.approx(expected.loss, rel=1e-5)


def test_flip_tta_comes_beside_the_plain_figures():
    network = Network.create(D, (5,), 10)
    given = arguments(network)
    plain, found = evaluate(**given), evaluate(**given, tta=True)
    flipped = mirrored(given["features"], (1, 32, 32))
    logits = (network.logits(given["features"]) + network.logits(flipped)) / 2
    for part in ("validation", "test"):
        averaged, rows = found[part].pop("tta"), ROWS[f"{part}_rows"]
        expected = score(logits[rows], given["labels"][rows])
        assert averaged == {
            "loss": pytest.approx(expected.loss, rel=1e-5),
            "accuracy": expected.accuracy,
        }
        assert averaged["loss"] != plain[part]["loss"]
    assert found == plain


def test_without_validation_images_there_is_no_validation():
    found = evaluate(**arguments(Network.create(D, (), 10), validation_rows=np.arange(0)))
    assert "validation" not in found


def test_numbers_that_overflow_are_reported():
    network = Network.create(D, (5,), 10)
    network.parameters[...] = np.where(np.arange(network.parameters.size) % 2, 3e38, -3e38)
    with pytest.raises(DataError, match=r"expected a finite validation loss, found (nan|inf): the"):
        evaluate(**arguments(network))


def test_what_a_model_without_eyes_would_have_reached():
    network = Network.create(D, (5,), 10)
    found = evaluate(**arguments(network))
    assert found["test"]["majority"] == {"class": "class 0", "accuracy": 0.0}
    given = arguments(network, labels=np.array([8] * 7 + [8, 8, 8, 8, 1], np.uint8))
    found = evaluate(**given)["test"]
    assert found["majority"] == {"class": "class 8", "accuracy": 0.8}
    shares = [share for share in found["per_class"].values() if share is not None]
    assert found["balanced_accuracy"] == sum(shares) / 2


def test_of_more_than_a_hundred_classes_the_pairs_are_kept():
    network = Network.create(D, (5,), 150)
    names = [f"class {number}" for number in range(150)]
    given = arguments(network, dataset={"name": "some", "classes": names})
    found = evaluate(**given)["test"]
    assert "confusion" not in found
    assert sum(count for _, _, count in found["confused"]) == 5
    assert all(truth in names and guess in names for truth, guess, _ in found["confused"])


def test_a_column_that_hardly_varies_in_training_is_named_where_it_does_later():
    reported: list[str] = []

    class Recording(Context):
        def warn(self, message):
            reported.append(message)

    given = arguments(Network.create(D, (5,), 10), dataset={"name": "some", "classes": CLASSES})
    given["dataset"]["shape"] = None
    constants = np.stack([np.zeros(D), np.ones(D)]).astype(np.float32)
    evaluate(**{**given, "standardization": constants}, context=Recording())
    assert reported == []
    constants[1, 3] = 1e4
    evaluate(**{**given, "standardization": constants}, context=Recording())
    assert [words.partition(":")[0] for words in reported] == ["validation", "test"]
    features = given["features"][given["test_rows"], 3]
    assert reported[1].startswith(
        f"test: 1 of {D} features lie more than 100 deviations from their training mean, feature 3 "
        f"by {1e4 * float(features.max()):,.0f}: they hardly vary in training"
    )
    given["dataset"].pop("shape")  # of images, whose constants have bounds
    reported.clear()
    evaluate(**{**given, "standardization": constants}, context=Recording())
    assert reported == []
