"""The model file: exact to the bit, complete, and read without trust."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from pipeline.errors import DataError
from stages.features import to_features
from stages.modelfile.reader import from_document, read_model
from stages.modelfile.tensors import encode_tensor
from stages.neuralnet.inputs import mirrored
from stages.neuralnet.losses import softmax
from stages.options import FeatureOptions
from tests.stages.models import CLASSES, images, model, save

VARIANTS = [
    {},
    {"color": True},
    {"scale": "symmetric", "standardized": True},
    {"dtype": "float64", "hidden": ()},
    {"color": True, "standardized": True, "hidden": (5, 4)},
    {"contrast": True, "components": 4, "tta": True},
    {"color": True, "storage": "uint8", "scale": "symmetric", "components": 18},
    {"storage": "uint8", "dtype": "float64", "standardized": True, "components": 2},
    {"norm": "batch", "hidden": (5, 4)},
    {"norm": "layer"},
    {"members": 2},
    {"members": 3, "norm": "batch", "hidden": (5, 4), "tta": True, "components": 3},
]
LOCAL = {"local": ((2, 1, 4),), "color": True, "components": 5, "norm": "batch", "mirror": True}
OLD = 5  # of them, all that version 1 knows
ENSEMBLES = 2  # of them, the last ones


@pytest.mark.parametrize("variant", [*VARIANTS, LOCAL], ids=str)
def test_a_model_comes_back_to_the_bit(tmp_path, variant):
    made = model(**variant)
    back = read_model(save(tmp_path / "model.json", made))
    assert back.network.parameters.tobytes() == made.network.parameters.tobytes()
    assert back.network.parameters.dtype == made.network.parameters.dtype
    assert back.network.layers == made.network.layers
    assert back.standardization.tobytes() == made.standardization.tobytes()
    assert back.whitening.tobytes() == made.whitening.tobytes()
    assert back.whitening.shape == made.whitening.shape
    assert back.to_document() == made.to_document()
    assert (back.probabilities(images()) == made.probabilities(images())).all()


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_from_raw_pixels_it_predicts_as_the_network_does_from_features(tmp_path, variant):
    made = model(**variant)
    options = FeatureOptions(color=made.color, scale=made.scale, storage=made.storage)
    features = to_features(images(), options)
    expected = made.network.probabilities(made.inputs(features, made.network.dtype))
    found = read_model(save(tmp_path / "model.json", made))
    if made.tta:
        flipped = made.network.logits(
            made.inputs(mirrored(features, made.inputs.shape), made.network.dtype)
        )
        plain = made.network.logits(made.inputs(features, made.network.dtype))
        expected = (plain + flipped) / 2
        softmax(expected)
    np.testing.assert_allclose(found.probabilities(images()), expected, rtol=1e-4, atol=1e-6)
    assert expected.shape == (5, 3)
    assert np.allclose(expected.sum(axis=1), 1)


def test_the_mirror_of_an_image_gets_the_same_answer():
    made = model(contrast=True, components=6, tta=True)
    flipped = np.ascontiguousarray(images()[..., ::-1])
    expected = made.probabilities(images())
    np.testing.assert_allclose(made.probabilities(flipped), expected, rtol=1e-5)
    assert not np.allclose(model(contrast=True, components=6).probabilities(images()), expected)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_the_version_is_the_oldest_that_knows_all_of_it(variant):
    expected = 1 if variant in VARIANTS[:OLD] else 3 if variant in VARIANTS[-ENSEMBLES:] else 2
    assert model(**variant).to_document()["version"] == expected


@pytest.mark.parametrize("variant", VARIANTS[:OLD], ids=str)
def test_a_file_of_version_1_need_not_know_what_came_later(variant):
    document = model(**variant).to_document()
    for name in ("contrast", "storage", "whitening"):
        del document["preprocessing"][name]
    del document["mirror"]
    assert from_document(document).to_document() == model(**variant).to_document()


def test_the_answer_for_an_image_depends_on_no_other():
    made = model()
    together = made.probabilities(images(300))
    assert (together[7] == made.probabilities(images(300)[7:8])[0]).all()


def test_what_an_ensemble_says_is_the_mean_of_what_its_members_say():
    whole = model(members=3)
    document = whole.to_document()
    alone = []
    for member in range(3):
        one = copy.deepcopy(document)
        del one["members"]
        one["version"] = 2
        for layer, arrays in zip(one["layers"], whole.network.tensors(member), strict=True):
            layer |= {name: encode_tensor(array) for name, array in arrays.items()}
        alone.append(np.log(from_document(one).probabilities(images())))
    expected = np.mean(alone, axis=0)
    softmax(expected)
    np.testing.assert_allclose(whole.probabilities(images()), expected, rtol=1e-5)


@pytest.mark.parametrize("field", ["parameters", "standardization", "whitening"])
def test_numbers_that_overflow_are_reported(field):
    made = model(standardized=True, components=4)
    array = made.network.parameters if field == "parameters" else getattr(made, field)
    array[...] = 3e38
    array.reshape(-1)[::2] *= -1
    with pytest.raises(DataError, match="expected probabilities from the model, found numbers"):
        made.probabilities(images())


def test_the_document_is_strict_json_and_says_what_it_needs():
    document = model(color=True).to_document()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["classes"] == list(CLASSES)
    assert document["input"] == {
        "shape": [3, 2, 3],
        "dtype": "uint8",
        "order": "channel, row, column",
    }
