"""--init: a training that begins with a saved model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.store.files import identify
from stages.modelfile import load_model
from stages.modelfile.initial import _difference, initialize
from stages.neuralnet import Network
from stages.options import InputOptions
from tests.stages.modelfile.formats.gon_files import network, text
from tests.stages.models import model, save

pytestmark = pytest.mark.whole

SMALL = "--source synthetic --synthetic-size 200 --epochs 1 --batch 20 --quiet"
MADE = "--hidden 8 --standardize feature --whiten pca --components 12 --batchnorm"
STILL = "--lr 1e-30 --l2 0"  # steps that leave float32 parameters as they are


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("init")


@pytest.fixture
def trained(call, folder) -> Path:
    path = folder / "first.json"
    if not path.exists():
        status, _, err = call(f"run {SMALL} {MADE} --save {path}")
        assert status == 0, err
    return path


@pytest.mark.everyday
def test_it_begins_with_the_model_and_with_its_constants(call, folder, trained):
    # Other images train, and dropout is new: neither keeps the model from being gone on with.
    command = f"run {SMALL} {MADE} {STILL} --val-fraction 0.5 --dropout 0.1 --init {trained}"
    status, _, err = call(f"{command} --save second.json")
    assert status == 0, err
    first, second = load_model(trained), load_model(folder / "second.json")
    assert second.standardization.tobytes() == first.standardization.tobytes()
    assert second.whitening.tobytes() == first.whitening.tobytes()
    for theirs, ours in zip(first.network.tensors(), second.network.tensors(), strict=True):
        for name in ("weights", "biases", "gains"):
            if name in theirs:
                assert theirs[name].tobytes() == ours[name].tobytes(), name
    assert second.training["options"]["init"] == identify(trained).files[0].sha256
    assert "init" not in first.training["options"]


def test_the_model_counts_by_content(call, document, folder, trained):
    def ran(place: Path) -> list[str]:
        found = document(f"train {SMALL} {MADE} --seed 3 --init {place}")
        return [stage["name"] for stage in found["stages"] if stage["status"] == "ran"]

    (folder / "elsewhere").mkdir()
    copy = Path(shutil.copy(trained, folder / "elsewhere"))
    ran(trained)
    assert ran(copy) == []
    changed = json.loads(copy.read_text())
    changed["training"]["note"] = "another"
    copy.write_text(json.dumps(changed))
    assert ran(copy) == ["standardize", "whiten", "train"]
    (run, *_) = document("runs")["runs"]
    digest = run["parameters"]["init"]
    assert len(digest) == 64
    assert f" init={digest[:8]} " in call("runs")[1]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--hidden 9", "the network 12-9-10, relu, batch normalisation, as the flags say, fo"),
        ("--activation tanh", "found 12-8-10, relu, batch normalisation; give the flags that it"),
        ("--members 2", "12-8-10, relu, batch normalisation, 2 members, as the flags say, found"),
        ("--no-batchnorm", "the network 12-8-10, relu, as the flags say, found 12-8-10, relu, "),
        ("--standardize none", r"standardization (0, 1024), as --standardize none says, found"),
        ("--whiten none --components 0", "whitening (0, 1024), as --whiten none says, found white"),
        ("--components 11", "whitening (1025, 11), as --whiten pca says, found whitening (1025,"),
        ("--color", "color true, as the flags say, found false"),
        ("--scale symmetric", "scale symmetric, as the flags say, found unit"),
        ("--contrast", "contrast true, as the flags say, found false"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_line(call, trained, flags, words):
    status, out, err = call(f"train {SMALL} {MADE} {flags} --init {trained}")
    assert (status, out) == (2, "")
    (line,) = [line for line in err.splitlines() if line.startswith("error")]
    assert line.startswith("error: --init first.json: expected a model with ")
    assert words in line


@pytest.mark.everyday
@pytest.mark.parametrize(
    ("layers", "other", "words"),
    [
        ({}, {"local": ((2, 2, 4),)}, ("kind dense in layers[0]", "kind local")),
        (
            {"local": ((3, 2, 1),)},
            {"local": ((3, 3, 1),)},
            ("stride 2 in layers[0]", "stride 3"),
        ),
        ({"hidden": (9,)}, {}, ("the network 16-9-2, relu", "16-16-2, relu")),
    ],
)
def test_networks_that_are_not_alike_are_told_apart(layers, other, words):
    """Also where they have as many units everywhere: never the same words on both sides."""

    def network(hidden=(16,), local=()):
        hidden = () if local else hidden
        return Network.create(16, hidden, 2, local=local, shape=(1, 4, 4))

    assert _difference(network(**layers), network(**other)) == words


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("a,c,kind", "a table with the columns a, c, found a table with the columns a, b; give"),
        ("b,a,kind", "a table with the columns b, a, found a table with the columns a, b; give"),
        ("a,b,kind\n1,t,x", "a table with the columns a, b, found other categories in them; give"),
        ("", "images of 32 × 32 pixels, found a table with the columns a, b; give the flags that"),
    ],
)
def test_a_model_of_other_columns_is_refused(call, folder, table, words):
    flags = "--label kind --hidden 2 --epochs 1 --batch 4 --quiet"
    rows = "".join(f"\n{n},{'rs'[n % 2]},{'xy'[n % 2]}" for n in range(20))
    (folder / "own.csv").write_text(f"a,b,kind{rows}\n")
    if not (folder / "table.json").exists():
        assert call(f"run --source own.csv {flags} --save table.json")[0] == 0
    status, _, err = call(f"train --source own.csv {flags} --init table.json")
    assert status == 0, err
    (folder / "other.csv").write_text(f"{table}{rows}\n")
    asked = f"--source other.csv {flags}" if table else SMALL
    status, _, err = call(f"train {asked} --init table.json")
    assert status == 2
    assert f"expected a model with the form of this dataset, {words}" in err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.json", "expected a readable file at "),
        ("bad.json", "bad.json: not a valid model file: "),
        ("''", "expected a file, found a folder; "),
    ],
)
def test_what_is_no_model_is_refused(call, folder, name, words):
    (folder / "bad.json").write_text("{}")
    status, out, err = call(f"train {SMALL} --init {name}")
    assert (status, out) == (2, "")
    assert words in err


def test_a_network_of_gons_goes_on_in_either_precision(call, folder):
    (folder / "gon.json").write_text(text(network(4, 10)))
    assert call("import-gon gon.json --output mine.json")[0] == 0
    for precision in ("float32", "float64"):
        flags = f"--hidden 4 --precision {precision} {STILL} --init mine.json"
        assert call(f"run {SMALL} {flags} --save {precision}.json")[0] == 0
        found = load_model(folder / f"{precision}.json").network
        expected = load_model(folder / "mine.json").network.parameters
        assert found.dtype == precision
        np.testing.assert_allclose(found.parameters, expected, rtol=1e-7)


def test_a_range_test_begins_with_it_too(call, trained):
    status, _, err = call(f"lr-find {SMALL} {MADE} --lr-steps 20 --init {trained}")
    assert status == 0, err
    status, _, err = call(f"lr-find {SMALL} {MADE} --hidden 9 --lr-steps 20 --init {trained}")
    assert status == 2
    assert "the network 12-9-10" in err


def test_parameters_out_of_range_are_refused(tmp_path):
    large = model(dtype="float64", hidden=())
    large.network.parameters[0] = 1e300
    narrow = Network.create(6, (), 3)
    with pytest.raises(ConfigError, match="parameters within the range of float32, found larger"):
        initialize(narrow, identify(save(tmp_path / "model.json", large)), InputOptions())
