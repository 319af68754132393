"""Files of other programs, pages of runs, and trainings that begin with a saved model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.messages.case import SMALL, Case, changed, check, saved, short
from tests.stages import models
from tests.stages.modelfile.formats.gon_files import network, text

EXPORT = "export --load m.json --to"
MODEL = {"m.json": changed()}
EXPORTS = [
    Case(
        f"{EXPORT} npz --output m.onnx",
        "error: --output m.onnx: expected a name that ends in .npz, for that is what --to npz "
        "writes, found .onnx; choose another name, or another format with --to",
        MODEL,
    ),
    Case(
        f"{EXPORT} gon --output m.json",
        "error: --output m.json: expected another file than the one that is read, found the same; "
        "choose another name",
        MODEL,
    ),
    Case(
        f"{EXPORT} gon --output g.json",
        "error: export --to gon: expected what gon knows (dense layers of ReLU on the grey values "
        "of 32 × 32 pixels in [0, 1]), found whitening; use --to onnx, python or npz",
        {"m.json": json.dumps(models.model(components=3, shape=(3, 32, 32)).to_document())},
    ),
    Case(
        "import-gon g.json --output m.onnx",
        "error: --output m.onnx: expected the name of a JSON file, found .onnx; save the model as "
        "model.json, then use: pipeline export --load model.json --to onnx --output m.onnx",
        {"g.json": "{}"},
    ),
]


def gon(words: str, content: Any) -> Case:
    """A file that is no network of gon's."""
    content = content if isinstance(content, str) else text(content)
    message = f"error: g.json: not a network that gon saved: {words}"
    return Case("import-gon g.json --output m.json", message, {"g.json": content})


SMALLEST = network(1)
LAYER = SMALLEST["Layers"][0]
NEURON = LAYER["Neurons"][0]


def layers(*found: Any) -> dict[str, Any]:
    return {**SMALLEST, "Layers": list(found)}


GON = [
    gon("byte 0: expected {, found '[]'", "[]"),
    gon("expected layers, found none", layers()),
    gon("expected neurons in each layer, found none", layers({**LAYER, "Neurons": []})),
    gon("expected the fields <…>, found 'Layer'", {"Layer": []}),
    gon("expected the fields Layers, found no Layers", {}),
    gon("expected each field once, found Layers twice", '{"Layers":[],"Layers":[]}'),
]
INITIAL = [
    Case(
        f"run {SMALL} --init m.json",
        "error: --init m.json: expected a model with the network 1024-8-10, relu, as the flags "
        "say, found 1024-4-3, relu; give the flags that it was trained with, or another model",
        MODEL,
    ),
]
ENSEMBLE = models.model(members=2, shape=(3, 32, 32)).to_document()
SAVED = [
    saved(
        json.dumps({**ENSEMBLE, "members": 1}),
        "members: expected a whole number from 2 to <…>, found 1",
    ),
    saved(
        json.dumps(
            {**ENSEMBLE, "preprocessing": {**ENSEMBLE["preprocessing"], "luma": [1.0, 0.0, 0.0]}}
        ),
        "luma: expected <…>, found <…>",
    ),
]
REPORTS = [
    Case(
        "report abc",
        "error: report: expected the beginning of one run's name, found 'abc', with which none "
        "begin in <…>artifacts; 'pipeline runs' lists them",
    ),
    Case(
        "report abc --lr 0.1",
        "error: report: expected names of runs or the flags of a training, found names and --lr; "
        "leave one of them out",
    ),
]


@pytest.mark.parametrize("case", [*EXPORTS, *GON, *INITIAL, *SAVED, *REPORTS], ids=short)
def test_a_mistake(case, call, tmp_path, monkeypatch):
    check(case, call, tmp_path, monkeypatch)
