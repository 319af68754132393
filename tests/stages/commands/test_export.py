"""`export`, `import-gon`, and what --save does not write."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from stages.modelfile import load_model
from tests.stages.datasets import files, write
from tests.stages.modelfile.formats.gon_files import network, text
from tests.stages.models import model, save

GON = model(shape=(3, 32, 32), hidden=(2,))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    save(folder / "model.json", GON)
    save(folder / "white.json", model(components=3))
    (folder / "gon.json").write_text(text(network(2, 10)))
    return folder


@pytest.mark.parametrize(
    ("to", "name", "words"),
    [
        (
            "onnx",
            "m.onnx",
            "m.onnx: onnx, opset 17, ir 8, input images uint8 (n, 3, 32, 32), first",
        ),
        ("python", "m.py", "m.py: python, needs NumPy, bytes "),
        ("npz", "m.npz", "m.npz: npz, arrays 8, bytes "),
        ("gon", "g.json", "g.json: gon, layers 2, bytes "),
        ("npz", "no-suffix", "no-suffix: npz, arrays 8, bytes "),
    ],
)
def test_a_file_is_written_and_described(call, document, folder, to, name, words):
    status, out, err = call(f"export --load model.json --to {to} --output {name}")
    assert (status, err) == (0, "")
    assert out.startswith(words)
    assert out.count("\n") == 1
    found = document(f"export --load model.json --to {to} --output {name}")
    assert found["bytes"] == (folder / name).stat().st_size
    assert (found["format"], found["output"], found["model"]) == (to, name, "model.json")


def test_the_model_may_come_from_the_environment(call, folder, monkeypatch):
    monkeypatch.setenv("PIPELINE_LOAD", "white.json")
    assert call("export --to npz --output white.npz")[0] == 0
    assert "preprocessing.whitening" in np.load(folder / "white.npz").files


def write_files(place):
    place.mkdir()
    for name, data in files(count=10).items():
        write(place / name, data)


def test_a_network_of_gons_is_evaluated_and_goes_back(call, document, folder):
    found = document("import-gon gon.json --output mine.json")
    assert (found["network"], found["classes"]) == ("1024-2-10", 10)
    write_files(folder / "cifar10")
    evaluation = document(f"evaluate --load mine.json --source {folder / 'cifar10'}")
    assert 0 <= evaluation["test"]["accuracy"] <= 1
    assert call("export --load mine.json --to gon --output back.json")[0] == 0
    assert call("import-gon back.json --output again.json")[0] == 0
    assert (folder / "mine.json").read_bytes() == (folder / "again.json").read_bytes()


def test_model_json_is_where_it_goes_by_default(call, folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    status, out, _ = call(f"import-gon {folder / 'gon.json'}")
    assert status == 0
    assert out.startswith("model.json: model.json, network 1024-2-10, classes 10, bytes ")
    assert load_model("model.json").network.outputs == 10


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("export --to npz --output a.npz", "expected --load"),
        ("export --load model.json --output a.npz", "expected --to, one of onnx, "),
        ("export --load model.json --to npz", "expected --output"),
        (
            "export --load model.json --to pdf --output a.pdf",
            "error: --to: expected one of onnx, python, npz, gon, found 'pdf'",
        ),
        ("export --load none.json --to npz --output a.npz", "expected a readable file at none.js"),
        ("export --load gon.json --to npz --output a.npz", "gon.json: not a valid model file: "),
        (
            "export --load model.json --to onnx --output a.npz",
            "--output a.npz: expected a name that ends in .onnx, for that is what --to onnx writes",
        ),
        ("export --load model.json --to npz --output a.JSON", "a name that ends in .npz, for that"),
        ("export --load model.json --to gon --output a.onnx", "a name that ends in .json, for tha"),
        (
            "export --load model.json --to gon --output ./model.json",
            "--output model.json: expected another file than the one that is read, found the same",
        ),
        ("export --load model.json --to npz --output .", "--output: expected the name of a file "),
        ("export --load white.json --to gon --output a.json", "expected what gon knows"),
        ("import-gon", "expected GON.json, found nothing"),
        ("import-gon none.json", "expected a readable file at none.json"),
        ("import-gon model.json --output a.json", "model.json: not a network that gon saved: exp"),
        ("import-gon gon.json --output gon.json", "expected another file than the one that is re"),
        ("import-gon gon.json --output a.onnx", "--output a.onnx: expected the name of a JSON fi"),
    ],
    ids=range(17),
)
def test_mistakes_are_one_line_and_leave_no_file(call, folder, command, words):
    before = sorted(os.listdir(folder))
    status, out, err = call(command)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert sorted(os.listdir(folder)) == before


def test_the_extra_is_named_where_it_is_missing(call, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    status, _, err = call("export --load model.json --to onnx --output none.onnx")
    assert status == 2
    assert err.endswith("install it with: pip install 'cifar-pipeline[onnx]'\n")
    assert not (folder / "none.onnx").exists()


@pytest.mark.parametrize("command", ["run", "serialize"])
@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("s.onnx", "pipeline export --load model.json --to onnx --output s.onnx"),
        ("s.NPZ", "pipeline export --load model.json --to npz --output s.NPZ"),
        ("s.py", "pipeline export --load model.json --to python --output s.py"),
        *[
            (f"s.{suffix}", "pipeline export --load model.json --to onnx|python|npz|gon")
            for suffix in ("pt", "pth", "h5", "pkl", "safetensors", "npy")
        ],
    ],
)
def test_save_writes_no_json_under_another_name(call, folder, command, name, use):
    status, out, err = call(f"{command} --source synthetic --save {name}")
    assert (status, out) == (2, "")
    suffix = name[name.index(".") :].lower()
    assert err == (
        f"error: --save {name}: expected the name of a JSON file, found {suffix}; save the model "
        f"as model.json, then use: {use}\n"
    )
    assert not (folder / name).exists()


def test_help_names_every_format(call):
    status, out, _ = call("export --help")
    assert status == 0
    words = " ".join(out.split())
    for name in ("onnx: for ONNX Runtime", "python: one readable", "npz: all arrays", "gon: as"):
        assert name in words
