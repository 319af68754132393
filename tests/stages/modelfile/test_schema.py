"""The schema says what the reader does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stages import modelfile
from stages.dataset.formats.whites import DTYPES, WHITES, Pixels
from stages.features import LUMA, SCALES, STORAGES
from stages.modelfile.model import FORMAT, VERSIONS
from stages.modelfile.reader import from_document
from stages.neuralnet import ACTIVATIONS
from stages.neuralnet.layers.layer import VECTORS
from tests.stages.modelfile.changes import changed
from tests.stages.modelfile.formats.agreement import SHAPE, VARIANTS
from tests.stages.models import model

FOLDER = Path(modelfile.__file__).parent
SCHEMA = json.loads((FOLDER / "schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
FIXTURES = sorted(Path(__file__).with_name("fixtures").glob("version-*.json"))


def errors(document: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(document)]


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_what_is_written_is_valid_and_every_field_is_named(variant):
    document = json.loads(json.dumps(model(shape=SHAPE, **variant).to_document()))
    assert errors(document) == []
    described = SCHEMA["properties"]
    assert document.keys() <= described.keys()
    for name in ("input", "preprocessing"):
        assert document[name].keys() <= described[name]["properties"].keys()


def test_the_pixels_of_arrays_are_those_that_the_reader_knows():
    described = SCHEMA["properties"]["input"]["properties"]["pixels"]["properties"]
    assert tuple(described["dtype"]["enum"]) == DTYPES
    assert tuple(described["white"]["enum"]) == WHITES
    made = replace(model(shape=SHAPE), pixels=Pixels("int16", 16))
    assert errors(json.loads(json.dumps(made.to_document()))) == []


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_every_version_is_valid(path):
    assert errors(json.loads(path.read_text())) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", "other"),
        ("version", 6),
        ("classes", []),
        ("classes", ["a", "a", "b"]),
        ("dataset", ""),
        ("input.shape", [1, 2, 3]),
        ("input.shape", [3, 0, 3]),
        ("input.pixels", {"dtype": "uint8", "white": 16}),
        ("input.pixels", {"dtype": "object", "white": 255}),
        ("preprocessing.luma", [0.2126, 0.7152, 0.0722]),
        ("preprocessing.scale", "half"),
        ("preprocessing.contrast", 1),
        ("preprocessing.storage", ...),
        ("preprocessing.whitening", ...),
        ("mirror", ...),
        ("dtype", "float16"),
        ("layers", []),
        ("layers.0.kind", "conv"),
        ("layers.0.activation", "swish"),
        ("layers.0.norm", "group"),
        ("layers.0.norm", ...),
        ("layers.0.means", ...),
        ("layers.0.gains", ...),
        ("layers.0.dropout", 1),
        ("layers.0.inputs", 0),
        ("layers.0.weights", [1, 2]),
        ("layers.0.weights.shape", [-1]),
        ("layers.0.weights.base64", "&"),
        ("layers.0.biases", ...),
        ("layers.1.gains", {"dtype": "float32", "shape": [0], "base64": ""}),
        ("training", []),
    ],
)
def test_what_the_reader_refuses_the_schema_does_too(path, value):
    document = changed(path, value, model(contrast=True, components=4, norm="batch", tta=True))
    assert errors(document)
    with pytest.raises(ValueError, match="expected"):
        from_document(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 4),
        ("layers.0.kind", "dense"),
        ("layers.0.patch", ...),
        ("layers.0.patch", 0),
        ("layers.0.units", "4"),
        ("layers.0.shape", [6, 5]),
        ("layers.0.components", -1),
        ("layers.0.channels_last", 1),
    ],
)
def test_what_the_reader_refuses_of_local_layers_the_schema_does_too(path, value):
    document = changed(path, value, model(shape=(3, 6, 5), local=((3, 2, 4),), components=5))
    assert errors(document)
    with pytest.raises(ValueError, match="expected"):
        from_document(document)


def test_members_are_needed_where_the_version_says_so():
    assert errors(changed("members", ..., model(members=2)))


def test_its_tables_are_those_of_the_program():
    layer, p = SCHEMA["$defs"]["layer"]["properties"], SCHEMA["properties"]["preprocessing"]
    assert set(layer["activation"]["enum"]) == ACTIVATIONS.keys()
    assert set(layer["norm"]["enum"]) == VECTORS.keys()
    assert p["properties"]["luma"]["const"] == list(LUMA)
    assert set(p["properties"]["scale"]["enum"]) == SCALES.keys()
    assert set(p["properties"]["storage"]["enum"]) == set(STORAGES)
    assert SCHEMA["properties"]["format"]["const"] == FORMAT
    assert SCHEMA["properties"]["version"]["enum"] == list(VERSIONS)


def test_every_field_is_documented():
    text = (FOLDER / "README.md").read_text("utf-8")
    top, layer = SCHEMA["properties"], SCHEMA["$defs"]["layer"]["properties"]
    names = [*top, *(f"layers[].{name}" for name in layer)]
    names += [f"preprocessing.{name}" for name in top["preprocessing"]["properties"]]
    table = text[text.index("field by field") : text.index("## A reader")]
    rows = "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert [name for name in names if f"`{name}`" not in rows] == []
