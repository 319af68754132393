"""The fields of a model's document: what no model writes is refused, with the name of the field."""

from __future__ import annotations

import numpy as np
import pytest

from stages.modelfile.networks import LAYERS
from stages.modelfile.reader import from_document
from stages.modelfile.tensors import encode_tensor
from tests.stages.modelfile.changes import changed, matrix, vector
from tests.stages.models import model

WIDE = {**encode_tensor(np.zeros((6, 4))), "dtype": "float64"}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "other", "expected the format 'cifar-pipeline model', found 'other'"),
        ("format", ..., "expected the format 'cifar-pipeline model', found None"),
        ("version", 6, "expected version 1, 2, 3, 4 or 5, found 6; a newer program may read it"),
        ("version", 3, "members: expected a whole number from 2 to 1000, found None"),
        ("version", True, "expected version 1, 2, 3, 4 or 5, found True"),
        ("version", 1.0, r"expected version 1, 2, 3, 4 or 5, found 1\.0"),
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
        ("input.pixels", 255, "pixels: expected an object, found a number"),
        (
            "input.pixels",
            {"dtype": "object", "white": 1},
            "dtype: expected bool or int8 or .* 'obj",
        ),
        ("input.pixels", {"dtype": "uint8", "white": 16}, "white: expected 255, found 16"),
        (
            "input.pixels",
            {"dtype": "int8", "white": True},
            "white: expected 1, 16, 255 or 6.* True",
        ),
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
        ("layers.0.kind", "lambda", r"layers\[0\]: kind: expected one of dense, local, f"),
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
    whole = model(contrast=True, components=4, norm="batch", tta=True)
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


def test_layers_must_fit_each_other():
    document = model(hidden=(4, 4)).to_document()
    del document["layers"][1]
    document["layers"][0] = model(hidden=(5,)).to_document()["layers"][0]
    with pytest.raises(ValueError, match=r"layers\[1\]: inputs: expected 5, the outputs"):
        from_document(document)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("version", 4, r"layers\[0\]: expected version 5 of a model with local layers, found 4"),
        ("layers.0.patch", 4, r"layers\[0\]: patch: expected a whole number from 1 to 2, found 4"),
        (
            "layers.0.stride",
            3,
            r"layers\[0\]: stride: expected a whole number from 1 to 2, found 3",
        ),
        ("layers.0.units", 5, r"layers\[0\]: outputs: expected 10, as its shape has, found 8"),
        ("layers.0.shape", [3, 10**9, 10**9], r"layers\[0\]: inputs: expected 30{18}, as its"),
        ("layers.0.components", 6, r"weights: expected shape \(2, 6, 4\), found \(2, 5, 4\)"),
        ("layers.0.channels_last", "no", r"channels_last: expected true or false, found 'no'"),
        ("layers.0.weights", matrix(2, 5, 3), r"weights: expected shape \(2, 5, 4\), found"),
        ("preprocessing.whitening", matrix(0, 18), "whitening: expected that of patches, found no"),
        (
            "preprocessing.whitening",
            matrix(12, 5),
            r"expected float32 \(0, 18\) or \(13, 5\), found",
        ),
    ],
)
def test_what_no_model_of_version_5_writes_is_refused(path, value, message):
    whole = model(shape=(3, 2, 3), local=((2, 1, 4),), color=True, components=5, norm="batch")
    with pytest.raises(ValueError, match=message):
        from_document(changed(path, value, whole))
