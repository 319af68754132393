"""gon: its networks come in, and ours go out where gon knows all that is in them."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConfigError, DataError
from stages.modelfile.formats import gon, gon_reader
from stages.modelfile.formats.gon_reader import read_gon
from stages.modelfile.model import Model
from tests.stages.modelfile.formats.gon_files import PARAMS, network, text
from tests.stages.models import model, save

SHAPE = (3, 32, 32)


def write(path: Path, document: object) -> Path:
    path.write_text(document if isinstance(document, str) else text(document), "utf-8")
    return path


def exported(made: Model) -> bytes:
    file = io.BytesIO()
    gon.write(made, file)
    return file.getvalue()


def test_it_predicts_as_gon_does(tmp_path):
    document = network(6, 10)
    made = read_gon(write(tmp_path / "gon.json", document))
    pictures = np.random.default_rng(1).integers(0, 256, (20, *SHAPE), np.uint8)
    x = np.einsum("nchw,c->nhw", pictures / 255, [0.299, 0.587, 0.114]).reshape(20, 1024)
    for layer in document["Layers"]:
        weights = np.array([neuron["Weights"] for neuron in layer["Neurons"]])
        x = x @ weights.T + [neuron["Bias"] for neuron in layer["Neurons"]]
        x = np.maximum(x, 0) if layer is document["Layers"][0] else x
    expected = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(made.probabilities(pictures), expected, rtol=1e-6)
    assert made.classes[0] == "airplane"
    assert made.training["options"] == dict(zip(gon.PARAMS.values(), PARAMS.values(), strict=True))


def test_there_and_back_is_exact(tmp_path):
    first = read_gon(write(tmp_path / "a.json", network(5, 4, 3)))
    (tmp_path / "b.json").write_bytes(exported(first))
    second = read_gon(tmp_path / "b.json")
    assert second.to_document() == first.to_document()
    assert second.network.parameters.tobytes() == first.network.parameters.tobytes()
    assert exported(second) == exported(first)
    found = json.loads((tmp_path / "b.json").read_text())
    given = network(5, 4, 3)
    for theirs, ours in zip(given["Layers"], found["Layers"], strict=True):
        for name in ("Weights", "Bias"):
            assert [n[name] for n in theirs["Neurons"]] == [n[name] for n in ours["Neurons"]]
    assert found["Params"] == PARAMS
    assert found.keys() == given.keys()
    assert found["Layers"][0]["Neurons"][0].keys() == given["Layers"][0]["Neurons"][0].keys()


def test_our_own_networks_too(tmp_path):
    made = model(
        shape=SHAPE, hidden=(4,), dropout=0.2, options={"lr": 0.5, "l2": "none", "decay": 10**400}
    )
    (tmp_path / "a.json").write_bytes(exported(made))
    back = read_gon(tmp_path / "a.json")
    assert back.network.parameters.tobytes() == made.network.parameters.astype(float).tobytes()
    assert back.training["options"] == {"lr": 0.5}
    assert back.classes == ("class 0", "class 1", "class 2")


def test_a_file_may_be_laid_out_otherwise(tmp_path):
    document = network(2, 3)
    layer = document["Layers"][0]
    document["Layers"][0] = dict(reversed(layer.items()))
    document = {"Params": document.pop("Params"), **document}
    layer["Deltas"] = {"Last": [1, -2.5e-7], "Inner": {"Alpha": [0.1], "Ok": True}}
    pretty = write(tmp_path / "a.json", json.dumps(document, indent="\t"))
    plain = write(tmp_path / "b.json", network(2, 3))
    assert read_gon(pretty).to_document() == read_gon(plain).to_document()


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ({"shape": (3, 2, 3)}, r"images \(3, 2, 3\)"),
        ({"color": True}, "colours"),
        ({"scale": "symmetric"}, "scale symmetric"),
        ({"contrast": True}, "contrast normalisation"),
        ({"storage": "uint8"}, r"whole grey levels \(storage uint8\)"),
        ({"standardized": True}, "standardisation"),
        ({"components": 3}, "whitening"),
        ({"tta": True}, "flip TTA"),
        ({"members": 2}, "2 members"),
        ({"norm": "layer"}, "layer normalisation"),
        ({"activation": "tanh"}, "activation tanh"),
    ],
)
def test_what_gon_does_not_know_is_refused(variant, words):
    with pytest.raises(ConfigError, match=f"found {words}; use --to onnx, python or npz"):
        exported(model(**{"shape": SHAPE, **variant}))


def test_a_model_of_a_table_is_refused():
    made = replace(model(shape=(1, 1, 3)), shape=(3,), columns=({"name": "a", "kind": "number"},))
    with pytest.raises(ConfigError, match="found rows of a table; use --to onnx, python or npz"):
        exported(made)


def neuron(**changes: object) -> dict[str, object]:
    """A network of one neuron, with these changes to it; `...`: without."""
    document = network(1)
    found = document["Layers"][0]["Neurons"][0] | changes
    document["Layers"][0]["Neurons"] = [{k: v for k, v in found.items() if v is not ...}]
    return document


WEIGHTS = [0] * 1024


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("", "byte 0: expected {, found 'the end of the file'"),
        ("[]", r"byte 0: expected {, found '\[\]'"),
        ("{}", "expected the fields Layers, found no Layers"),
        ('{"Layers":[]}', "expected layers, found none"),
        ('{"Layers":[{}]}', "expected the fields Neurons, found no Neurons"),
        ('{"Layers":[{"Neurons":[]}]}', "expected neurons in each layer, found none"),
        ('{"format":1}', "expected the fields Layers, Input, .* found 'format'"),
        ('{"Layers":[{"Neurons":[{"Weights":[1,2]', "expected an array of 1024 numbers, found '2'"),
        (neuron(Weights=[*WEIGHTS, 1]), "expected an array of 1024 numbers, found '1025'"),
        (neuron(Weights=["1"] * 1024), "expected an array of numbers, found"),
        (neuron(Weights=...), "expected the fields Weights, Bias, found no Weights"),
        (neuron(Bias=...), "expected the fields Weights, Bias, found no Bias"),
        (neuron(Bias=None), "expected a finite number, found 'null'"),
        (neuron(Bias="1"), "expected a finite number, found "),
        (neuron(Bias=[1]), r"expected a value, found"),
        (neuron(Biases=1), "expected the fields Weights, Bias, .*, found 'Biases'"),
        (neuron(Momentum=[[1]]), "expected an array of numbers, found"),
        (text(network(1)).replace('"Bias":', '"Bias":1,"Bias":'), "each field once, found Bias tw"),
        (text(network(1)).replace('"Bias":', '"Bias":1e999,"x":'), "a finite number, found '1e999"),
        (text(network(1)).replace('"Bias":', '"Bias":NaN,"x":'), "expected a value, found 'NaN"),
        (text(neuron(Weights=WEIGHTS)).replace("[0,", "[1e999,", 1), "finite numbers, found 'one"),
        (text(network(1)) + "x", "expected the end of the file, found 'x'"),
        (text(network(2, 1)).replace('"Deltas":null', '"Deltas":[1,]'), "an array of numbers, fou"),
        (text(network(1)).replace("null", '{"a":' * 30 + "1" + "}" * 30), "objects of 10 levels"),
        (text(network(1)).replace("{}", '{"Name":"tanh"}'), r"Activation: expected \{\}, .*Name"),
    ],
    ids=range(25),
)
def test_what_gon_does_not_write_is_refused_in_one_line(tmp_path, document, words):
    with pytest.raises(DataError, match=f"gon.json: not a network that gon saved: .*{words}") as e:
        read_gon(write(tmp_path / "gon.json", document))
    assert "\n" not in str(e.value)
    assert len(str(e.value)) < 400


def test_cut_anywhere_it_is_refused(tmp_path):
    data = text(network(1)).encode()
    for cut in (*range(0, len(data) - 1, 997), len(data) - 1):
        (tmp_path / "gon.json").write_bytes(data[:cut])
        with pytest.raises(DataError, match="not a network that gon saved"):
            read_gon(tmp_path / "gon.json")


def test_a_file_and_a_network_have_a_limit(tmp_path, monkeypatch):
    path = tmp_path / "large.json"
    with open(path, "wb") as file:
        file.truncate(gon_reader.BYTES + 1)  # sparse: it takes no room
    with pytest.raises(DataError, match="expected at most 268,435,456 bytes, found 268,435,457"):
        read_gon(path)
    monkeypatch.setattr(gon_reader, "WEIGHTS", 3 * 1024)
    assert read_gon(write(path, network(3))).network.outputs == 3
    for widths, words in (((4,), "3 neurons"), ((3, 1), "3,072 weights")):
        with pytest.raises(DataError, match=f"expected at most {words}, found more"):
            read_gon(write(path, network(*widths)))
    monkeypatch.setattr(gon_reader, "LAYERS", 1)
    with pytest.raises(DataError, match="expected at most 1 layers, found more"):
        read_gon(write(path, network(1, 1)))


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none"):
        with pytest.raises(DataError, match=r"expected a (readable )?file"):
            read_gon(path)
    with pytest.raises(DataError, match="expected a readable file at /proc/self/mem: "):
        read_gon(Path("/proc/self/mem"))


def test_a_model_of_ours_is_no_file_of_gons(tmp_path):
    with pytest.raises(DataError, match="found 'format'"):
        read_gon(save(tmp_path / "model.json", model()))
