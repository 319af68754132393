"""ONNX: the checker passes, and ONNX Runtime answers as the model does."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest

from pipeline.errors import ConfigError
from stages.modelfile.formats import onnx_graph
from stages.modelfile.model import Model
from tests.stages.modelfile.formats.agreement import SHAPE, VARIANTS, expect_agreement, images
from tests.stages.models import model


def exported(made: Model) -> bytes:
    file = io.BytesIO()
    onnx_graph.write(made, file)
    return file.getvalue()


def run(data: bytes, pictures: np.ndarray) -> np.ndarray:
    """Probabilities by ONNX Runtime, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (first, *_) = session.get_outputs()
    return session.run([first.name], {"images": pictures})[0]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_the_runtime_agrees(variant):
    made = model(shape=SHAPE, **variant)
    expect_agreement(made, images(), run(exported(made), images()))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_any_number_of_images(count):
    made = model(shape=SHAPE, tta=True, members=2, norm="batch")
    expect_agreement(made, images(count), run(exported(made), images(count)))


def test_what_the_file_says_of_itself():
    names = ("Katze", "犬", 'say "truck"')
    proto = onnx.load_from_string(exported(model(classes=names)))
    onnx.checker.check_model(proto, full_check=True)
    assert [(item.domain, item.version) for item in proto.opset_import] == [("", 17)]
    assert proto.ir_version == 8
    words = {item.key: item.value for item in proto.metadata_props}
    assert json.loads(words["classes"]) == list(names)
    assert words["dataset"] == "synthetic"
    (given,) = proto.graph.input
    assert given.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    dims = given.type.tensor_type.shape.dim
    assert [dim.dim_param or dim.dim_value for dim in dims] == ["n", 3, 2, 3]
    assert proto.graph.output[0].name == "probabilities"


def test_equal_models_make_equal_files():
    assert exported(model(norm="batch")) == exported(model(norm="batch"))


def test_grey_levels_between_two_are_rounded_as_in_training():
    # Luma is a multiple of 1/1000: of these, one in a thousand lies half-way between two levels.
    pictures = np.random.default_rng(0).integers(0, 256, (400, 3, 16, 16), np.uint8)
    made = model(storage="uint8", shape=(3, 16, 16), hidden=(8,))
    expect_agreement(made, pictures, run(exported(made), pictures))


def test_without_the_package_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ConfigError, match=r"needs the package onnx.*'cifar-pipeline\[onnx\]'"):
        exported(model())


def test_what_no_file_can_hold_is_refused(monkeypatch):
    monkeypatch.setattr(onnx_graph, "BYTES", 100)
    with pytest.raises(ConfigError, match=r"expected at most 100 bytes, .* found .*use --to npz"):
        exported(model())
