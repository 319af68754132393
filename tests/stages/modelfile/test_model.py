"""The model file: exact to the bit, complete, and read without trust."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError
from stages.features import to_features
from stages.modelfile import reader
from stages.modelfile.fields import LAYERS
from stages.modelfile.model import Model
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
    {"contrast": True, "components": 4, "mirror": True},
    {"color": True, "storage": "uint8", "scale": "symmetric", "components": 18},
    {"storage": "uint8", "dtype": "float64", "standardized": True, "components": 2},
    {"norm": "batch", "hidden": (5, 4)},
    {"norm": "layer"},
    {"members": 2},
    {"members": 3, "norm": "batch", "hidden": (5, 4), "mirror": True, "components": 3},
]
OLD = 5  # of them, all that version 1 knows
ENSEMBLES = 2  # of them, the last ones


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
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
    if made.mirror:
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
    made = model(contrast=True, components=6, mirror=True)
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


def changed(path: str, value: Any, whole: Model | None = None) -> dict[str, Any]:
    """A valid document but for one field; its path is keys and numbers joined by dots."""
    document = copy.deepcopy((whole or model()).to_document())
    *keys, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    place: Any = document
    for key in keys:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


WIDE = {**encode_tensor(np.zeros((6, 4))), "dtype": "float64"}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "other", "expected the format 'cifar-pipeline model', found 'other'"),
        ("format", ..., "expected the format 'cifar-pipeline model', found None"),
        ("version", 5, "expected version 1, 2, 3 or 4, found 5; a newer program may read it"),
        ("version", 3, "members: expected a whole number from 2 to 1000, found None"),
        ("version", True, "expected version 1, 2, 3 or 4, found True"),
        ("version", 1.0, r"expected version 1, 2, 3 or 4, found 1\.0"),
        ("classes", 3, "classes: expected a list of different printable names, found 3"),
        ("classes", [], r"classes: expected a list of different printable names, found \[\]"),
        ("classes", ["a", "b", "a"], "classes: expected a list of different printable names"),
        ("classes", ["a", "b", ""], "classes: expected a list of different printable names"),
        ("classes", ["a", "b", "\x1b[2J"], "classes: expected a list of different printable"),
        ("classes", ["a", "b", "\ud800"], "classes: expected a list of different printable"),
        ("classes", ["a", "b", "c" * 101], "classes: expected a list of different printable"),
        ("classes", ["a", "b"], "layers: expected 2 outputs, one for each class, found 3"),
        ("dataset", "x\ny", r"dataset: expected a printable name, found 'x\\ny'"),
        ("dataset", None, "dataset: expected a printable name, found None"),
        ("input", [], "input: expected an object, found an array"),
        ("input.shape", [3, 2], r"input.shape: expected \[3, height, width\], found \[3, 2\]"),
        ("input.shape", [1, 2, 3], "input.shape: expected"),
        ("input.shape", [3, 0, 3], "input.shape: expected"),
        ("input.shape", [3, True, 6], "input.shape: expected"),
        ("input.shape", [3, 5000, 1], "input.shape: expected"),
        ("input.shape", [3, 3, 3], "layers: expected 9 inputs for these images, found 6"),
        ("preprocessing", None, "preprocessing: expected an object, found nothing"),
        ("preprocessing.color", 1, "color: expected true or false, found 1"),
        ("preprocessing.color", True, "layers: expected 18 inputs for these images, found 6"),
        ("preprocessing.scale", "os.system", "scale: expected unit or symmetric, found 'os.sy"),
        ("preprocessing.scale", [], r"scale: expected unit or symmetric, found \[\]"),
        ("preprocessing.standardization", WIDE, "standardization: expected float32 .0 or 2, 6."),
        (
            "preprocessing.standardization",
            encode_tensor(np.zeros((1, 6), np.float32)),
            r"standardization: expected float32 \(0 or 2, 6\), found float32 \(1, 6\)",
        ),
        ("dtype", "object", "dtype: expected float32 or float64, found 'object'"),
        ("dtype", ["float32"], "dtype: expected float32 or float64, found"),
        ("dtype", "float64", r"layers.0..weights: expected float64 \(6, 4\), found float32"),
        ("layers", {}, "layers: expected an array, found an object"),
        ("layers", [], "layers: expected a list of at least one"),
        ("layers", [{}] * (LAYERS + 1), f"layers: expected at most {LAYERS}, found {LAYERS + 1}"),
        ("layers.0", 5, r"layers\[0\]: expected an object, found a number"),
        ("layers.0.kind", "lambda", r"layers\[0\]: kind: expected one of dense, found 'lambda'"),
        ("layers.0.activation", "exec", r"layers\[0\]: activation: expected one of"),
        ("layers.1.activation", "relu", r"layers\[1\]: activation: expected linear"),
        ("layers.0.surprise", 1, r"layers\[0\]: expected .*activation, .*inputs.*, found"),
        ("layers.0.surprise", {}, r"layers\[0\]: expected the tensors weights, biases, found bia"),
        ("layers.0.gains", WIDE, r"layers\[0\]: expected the tensors weights, biases, found bias"),
        ("layers.0.norm", "batch", r"layers\[0\].gains: expected a tensor, found nothing"),
        ("layers.0.inputs", 10**12, r"layers\[0\].weights: expected shape .*, found \(6, 4\)"),
        ("layers.0.inputs", 6.0, r"layers\[0\]: inputs: expected a whole number"),
        ("layers.0.weights", ..., r"layers\[0\].weights: expected a tensor, found nothing"),
        ("layers.0.weights.shape", [4, 6], r"layers\[0\].weights: expected shape"),
        ("layers.0.biases", WIDE, r"layers\[0\].biases: expected float32 \(4,\), found float64"),
        ("layers.0", "gone", r"layers\[0\]: expected an object"),
        ("training", [], "training: expected an object, found an array"),
        ("evaluation", ..., "evaluation: expected an object, found nothing"),
    ],
)
def test_what_no_model_writes_is_refused(path, value, message):
    with pytest.raises(ValueError, match=message):
        from_document(changed(path, value))


def vector(*numbers: float, dtype: str = "float32") -> dict[str, Any]:
    return encode_tensor(np.array(numbers, dtype))


def matrix(*shape: int, dtype: str = "float32") -> dict[str, Any]:
    return encode_tensor(np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("preprocessing.contrast", ..., "contrast: expected true or false, found None"),
        ("preprocessing.contrast", "on", "contrast: expected true or false, found 'on'"),
        ("preprocessing.storage", ..., "storage: expected float32 or uint8, found None"),
        ("preprocessing.storage", "int8", "storage: expected float32 or uint8, found 'int8'"),
        ("preprocessing.storage", ["uint8"], "storage: expected float32 or uint8, found"),
        ("preprocessing.whitening", ..., "whitening: expected a tensor, found nothing"),
        ("preprocessing.whitening", matrix(0, 6), "layers: expected 6 inputs for these images, fo"),
        ("preprocessing.whitening", matrix(0, 4), "layers: expected 6 inputs for these images, fo"),
        ("preprocessing.whitening", matrix(7, 5), "layers: expected 5 inputs for these images, fo"),
        ("preprocessing.whitening", matrix(7, 0), "layers: expected 0 inputs for these images, fo"),
        (
            "preprocessing.whitening",
            matrix(6, 4),
            r"whitening: expected float32 \(0, 6\) or \(7, 4\), found float32 \(6, 4\)",
        ),
        ("preprocessing.whitening", matrix(7), "layers: expected 6 inputs for these images, found"),
        ("preprocessing.whitening", matrix(7, 4, dtype="float64"), "whitening: expected float32"),
        ("mirror", ..., "mirror: expected true or false, found None"),
        ("mirror", 1, "mirror: expected true or false, found 1"),
        ("layers.0.norm", "group", r"layers\[0\]: norm: expected one of none, batch, layer, found"),
        ("layers.0.norm", "none", r"layers\[0\]: expected the tensors weights, biases, found bias"),
        ("layers.0.norm", "layer", r"layers\[0\]: expected the tensors weights, biases, gains, fo"),
        ("layers.0.means", ..., r"layers\[0\].means: expected a tensor, found nothing"),
        ("layers.0.means", [], r"layers\[0\].*means"),
        ("layers.0.gains", vector(1, 2), r"layers\[0\].gains: expected float32 \(4,\), found flo"),
        (
            "layers.0.variances",
            vector(1, 2, -1, 0),
            r"layers\[0\].variances: expected numbers of at least 0, found -1",
        ),
        ("layers.0.inputs", 10**12, r"layers\[0\].weights: expected shape .*, found \(4, 4\)"),
    ],
)
def test_what_no_model_of_version_2_writes_is_refused(path, value, message):
    whole = model(contrast=True, components=4, norm="batch", mirror=True)
    with pytest.raises(ValueError, match=message):
        from_document(changed(path, value, whole))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("members", ..., "members: expected a whole number from 2 to 1000, found None"),
        ("members", 1, "members: expected a whole number from 2 to 1000, found 1"),
        ("members", 2.0, r"members: expected a whole number from 2 to 1000, found 2\.0"),
        ("members", True, "members: expected a whole number from 2 to 1000, found True"),
        ("members", 1001, "members: expected a whole number from 2 to 1000, found 1001"),
        ("members", 3, r"layers\[0\].weights: expected shape \(3, 6, 4\), found \(2, 6, 4\)"),
        ("version", 2, r"layers\[0\].weights: expected shape \(6, 4\), found \(2, 6, 4\)"),
        ("layers.0.biases", vector(1, 2, 3, 4), r"biases: expected float32 \(2, 4\), found float"),
        ("layers.0.gains", matrix(4, 2), r"gains: expected float32 \(2, 4\), found float32 \(4,"),
        ("layers.1.variances", matrix(2, 3), r"layers\[1\]: expected the tensors weights, biases,"),
        (
            "layers.0.variances",
            encode_tensor(np.array([[1, 1, 1, 1], [1, 1, -2, 1]], np.float32)),
            r"layers\[0\].variances: expected numbers of at least 0, found -2",
        ),
    ],
)
def test_what_no_ensemble_writes_is_refused(path, value, message):
    with pytest.raises(ValueError, match=message):
        from_document(changed(path, value, model(members=2, norm="batch")))


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


def test_layers_must_fit_each_other():
    document = model(hidden=(4, 4)).to_document()
    del document["layers"][1]
    document["layers"][0] = model(hidden=(5,)).to_document()["layers"][0]
    with pytest.raises(ValueError, match=r"layers\[1\]: inputs: expected 5, the outputs"):
        from_document(document)


@pytest.mark.parametrize("value", [None, [], "text", 1, True])
def test_a_model_is_an_object(value):
    with pytest.raises(ValueError, match="expected a model, found"):
        from_document(value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "model.json: not a valid model file: ."),
        (b"\xff\xfe{", "model.json: not a valid model file: .*codec"),
        (b'{"format": NaN}', "not a valid model file: expected finite numbers, found NaN"),
        (b'{"a": 1, "a": 1}', "not a valid model file: expected each key once"),
        (b"[" * 200_000, "not a valid model file: .*nested too deeply"),
        (b"\x89PNG\r\n\x1a\n", "not a valid model file: "),
        (json.dumps(model().to_document()).encode()[:-40], "not a valid model file: "),
    ],
)
def test_a_damaged_file_is_told_in_one_line(tmp_path, data, message):
    (tmp_path / "model.json").write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        read_model(tmp_path / "model.json")
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none"):
        with pytest.raises(DataError, match=r"expected a (readable )?file"):
            read_model(path)


def test_a_file_that_cannot_be_read_to_its_end(tmp_path):
    with pytest.raises(DataError, match="expected a readable file at /proc/self/mem: "):
        read_model(Path("/proc/self/mem"))


def test_no_more_is_read_than_a_model_can_hold(tmp_path):
    path = tmp_path / "model.json"
    with open(path, "wb") as file:
        file.truncate(reader.BYTES + 1)  # sparse: it takes no room
    with pytest.raises(DataError, match="expected at most 1,073,741,824 bytes, found 1,073,741,8"):
        read_model(path)


@pytest.mark.parametrize("field", ["parameters", "standardization", "whitening"])
def test_numbers_that_overflow_are_told(field):
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


@settings(max_examples=50, deadline=None, derandomize=True)
@given(cut=st.integers(0, 3000), byte=st.integers(0, 255))
def test_one_changed_byte_is_refused_or_harmless(tmp_path_factory, cut, byte):
    data = bytearray(json.dumps(model().to_document()).encode())
    data[cut % len(data)] = byte
    path = tmp_path_factory.mktemp("m") / "model.json"
    path.write_bytes(data)
    try:
        found = read_model(path)
    except DataError:
        return
    assert found.network.inputs == 6
