"""Models of gray images and of tables: version 4 of the file, and what is made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from stages.modelfile.formats import onnx_graph
from stages.modelfile.model import Model
from stages.modelfile.reader import from_document
from tests.stages.modelfile.formats.test_python_source import exported, load
from tests.stages.models import model

COLUMNS = (
    {"name": "length", "kind": "number"},
    {"name": "color", "kind": "category", "values": ["blue", "red", "white"]},
    {"name": "width", "kind": "number"},
)
RNG = np.random.default_rng(0)


def gray(**options) -> tuple[Model, np.ndarray]:
    return model(shape=(1, 6, 5), **options), RNG.integers(0, 256, (20, 1, 6, 5), np.uint8)


def table(**options) -> tuple[Model, np.ndarray]:
    made = replace(model(shape=(1, 1, 5), **options), shape=(5,), columns=COLUMNS)
    return made, RNG.normal(size=(20, 5)).astype(np.float32)


MODELS = [
    lambda: gray(),
    lambda: gray(storage="uint8", contrast=True, tta=True, components=7),
    lambda: gray(scale="symmetric", standardized=True, members=2, dtype="float64"),
    lambda: table(standardized=True),
    lambda: table(components=4, members=2, norm="batch", dtype="float64"),
]


@pytest.mark.parametrize("make", MODELS)
def test_there_and_back(make):
    made, examples = make()
    document = json.loads(json.dumps(made.to_document()))
    assert document["version"] == 4
    again = from_document(document)
    assert again.columns == made.columns
    assert (again.probabilities(examples) == made.probabilities(examples)).all()


def test_what_is_done_to_pixels_means_nothing_for_a_table():
    made, rows = table()
    again = from_document(replace(made, color=True, scale="symmetric").to_document())
    assert (again.color, again.scale) == (False, "unit")
    assert (again.probabilities(rows) == made.probabilities(rows)).all()


def test_color_makes_no_difference_to_gray_images():
    made, examples = gray()
    colored = replace(made, color=True)
    assert (colored.probabilities(examples) == made.probabilities(examples)).all()


@pytest.mark.parametrize("make", MODELS)
def test_the_exported_program_agrees(make):
    made, examples = make()
    found = load(exported(made))["probabilities"](examples)
    np.testing.assert_allclose(found, made.probabilities(examples), atol=1e-5)


def test_exports_say_what_each_number_of_a_row_is():
    runtime = pytest.importorskip("onnxruntime")
    made, _ = table()
    names = load(exported(made))["COLUMNS"]
    assert len(names) == 5
    assert {name.partition(" is ")[0] for name in names} == {c["name"] for c in COLUMNS}
    file = BytesIO()
    onnx_graph.write(made, file)
    session = runtime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["columns"]) == [dict(column) for column in COLUMNS]


@pytest.mark.parametrize("make", MODELS)
def test_onnx_agrees(make):
    runtime = pytest.importorskip("onnxruntime")
    made, examples = make()
    file = BytesIO()
    onnx_graph.write(made, file)
    session = runtime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    (found,) = session.run(["probabilities"], {"images": examples})
    np.testing.assert_allclose(found, made.probabilities(examples), atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": [6]}, r"input.shape: expected \[5\], the features of its columns, found \[6\]"),
        ({"columns": []}, r"input.shape: expected \[0\], the features of its columns"),
        ({"columns": [{"name": "a"}]}, r"input.columns\[0\]: expected a name and a kind of column"),
        ({"columns": [{"name": "a", "kind": "category", "values": ["x", "x"]}]}, "expected a name"),
        ({"columns": [{"name": "a\n", "kind": "number"}]}, "expected a name and a kind of column"),
        ({"columns": [3]}, "expected a name and a kind of column, found 3"),
    ],
)
def test_columns_that_no_model_has(changes, message):
    document = json.loads(json.dumps(table()[0].to_document()))
    document["input"] |= changes
    with pytest.raises(ValueError, match=message):
        from_document(document)
