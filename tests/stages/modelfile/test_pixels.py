"""The pixels of the arrays that trained a model: in its file, its exports and its answers."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from pipeline.errors import DataError
from pipeline.store.files import identify
from stages.dataset.formats.whites import Pixels
from stages.modelfile.formats import arrays, onnx_graph
from stages.modelfile.load import load
from stages.modelfile.reader import from_document
from tests.stages.modelfile.formats.test_python_source import exported
from tests.stages.modelfile.formats.test_python_source import load as program
from tests.stages.models import model, save

DARK = np.random.default_rng(0).integers(0, 13, (5, 3, 2, 3))
BYTES = np.rint(DARK * (255 / 16)).astype(np.uint8)
MADE = replace(model(), pixels=Pixels("int64", 16))


def test_there_and_back(tmp_path):
    document = json.loads(json.dumps(MADE.to_document()))
    assert document["version"] == 1  # a program that knows nothing of it predicts the same
    assert document["input"]["pixels"] == {"dtype": "int64", "white": 16}
    assert from_document(document).pixels == MADE.pixels
    path = save(tmp_path / "m.json", MADE)
    assert load(load=identify(path))["training"]["pixels"] == document["input"]["pixels"]
    del document["input"]["pixels"]  # as before this field
    assert from_document(document).pixels is None


def test_pixels_of_its_dtype_are_taken_and_scaled():
    expected = MADE.probabilities(BYTES)
    assert (MADE.probabilities(DARK) == expected).all()
    darker = MADE.probabilities((BYTES > 190) * np.uint8(16))
    assert (MADE.probabilities(DARK // 12) == darker).all()
    assert MADE.probabilities(DARK[:0]).shape == (0, 3)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (DARK * 2, "images: expected pixels up to 16, the white of the int64 that the model was"),
        (DARK - 1, "images: expected int64 from 0 to 16, as the model was trained on, found -1 to"),
        (DARK / 12, "give int64 with 16 for white, as the model was trained on, or bytes with 255"),
        (
            DARK.astype(np.int32),
            "give int64 with 16 for white, as the model was trained on, or bytes with 255",
        ),
    ],
)
def test_others_are_refused(array, words):
    with pytest.raises(DataError, match=words):
        MADE.probabilities(array)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused(bad):
    made, array = replace(MADE, pixels=Pixels("float64", 1)), DARK / 12
    array[0, 0, 0, 0] = bad
    with pytest.raises(DataError, match=f"expected float64 from 0 to 1, as .* found .*{bad}"):
        made.probabilities(array)


def test_exports_say_so():
    text = exported(MADE)
    assert "# Trained on pixels of int64 with 16 for white, as bytes:\n# np.rint(x * (2" in text
    assert (program(text)["predict"](BYTES) == MADE.predict(DARK)).all()
    assert "# Trained" not in exported(replace(MADE, pixels=Pixels("uint8", 255)))
    rest = json.loads(str(arrays.to_arrays(MADE)["model"]))
    assert rest["input"]["pixels"] == {"dtype": "int64", "white": 16}
    onnx, file = pytest.importorskip("onnx"), BytesIO()
    onnx_graph.write(MADE, file)
    words = {one.key: one.value for one in onnx.load_from_string(file.getvalue()).metadata_props}
    assert json.loads(words["pixels"]) == {"dtype": "int64", "white": 16}
