"""Whole recipes can be timed beside PyTorch, which trains as this project does."""

from __future__ import annotations

import json
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.errors import ConfigError
from stages.neuralnet.inputs import Inputs
from tests.benchmarks.recipes import race, tables
from tests.benchmarks.recipes.__main__ import main
from tests.benchmarks.recipes.contestant import COMPILED, NUMBA, OURS, PRODUCTS, TORCH
from tests.benchmarks.recipes.ours import Ours
from tests.benchmarks.recipes.products import operations
from tests.benchmarks.recipes.script import Script
from tests.benchmarks.recipes.task import Task

SMALL = {"source": "synthetic", "synthetic_size": 240, "batch": 100, "epochs": 3}
EVERYTHING = {
    **SMALL, "local": "8,4,4/3,2,4", "components": 16, "hidden": (16,), "optimizer": "adamw",
    "lr": 0.02, "weight_decay": 0.1, "l2": 0.0, "nesterov": False, "jitter": 0.3, "rotate": 12.0,
    "zoom": 0.12, "average": 0.9, "refine": 1, "contrast": True,
}  # fmt: skip
DENSE = {**SMALL, "local": "", "components": 20, "hidden": (32, 16)}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


def test_the_products_of_fast_dense_are_counted():
    task = Task(
        "fast-dense", {"local": "", "hidden": (1024, 512)}, {}, {"classes": [*"abcdefghij"]}
    )
    inputs = Inputs(whitening=np.empty((3073, 300), np.float32), shape=(3, 32, 32))
    arrays = {"features": np.empty((0, 3072), np.uint8), "train_rows": np.arange(600)}
    vars(task).update(arrays=arrays, inputs=inputs)
    each = 3072 * 300 + 3 * (1024 * 512 + 512 * 10) + 2 * 300 * 1024
    assert operations(task) == 2 * each * 600


def test_what_the_flow_cannot_do_is_said(store):
    for recipe, words in (("max", "members 1"), ("max-dense", "local_init ")):
        with pytest.raises(ConfigError, match=f"expected {words}, which the flow in PyTorch can"):
            Task.prepare(recipe, store, **SMALL)


@pytest.mark.long
@pytest.mark.parametrize(
    ("recipe", "given"),
    [("gray", DENSE), ("fast", EVERYTHING), ("default", {**SMALL, "hidden": (16,)})],
    ids=["dense", "everything", "default"],
)
def test_both_learn_alike(recipe, given, store, tmp_path):
    pytest.importorskip("torch", reason="the other flow needs PyTorch")
    from tests.benchmarks.recipes.torch_flow import TorchFlow

    prepared = Task.prepare(recipe, store, **given)
    prepared.write(tmp_path / "task.json")
    task = Task.read(tmp_path / "task.json")
    assert task.values == prepared.values
    losses = []
    for flow in (Ours(task, 1), TorchFlow(task, compiled=False)):
        flow.begin(0)
        found = [flow.epoch(epoch) for epoch in range(task.epochs)]
        assert {images for _, images in found} == {len(task.arrays["train_rows"])}
        losses.append([loss for loss, _ in found])
        assert all(0 <= accuracy <= 1 for accuracy in flow.score())
        flow.close()
    np.testing.assert_allclose(*losses, rtol=0.2)
    assert losses[1][-1] < losses[1][0]


@pytest.mark.long
def test_inputs_are_those_of_this_project(store):
    torch = pytest.importorskip("torch", reason="the other flow needs PyTorch")
    from tests.benchmarks.recipes.torch_images import Images

    rows = np.arange(7)
    for contrast in (False, True):
        task = Task.prepare("gray", store, **DENSE, contrast=contrast)
        images = Images(task, lambda function: function)
        found = images.plain(rows).numpy().T
        expected = task.inputs(task.arrays["features"][:7])
        even = np.flatnonzero(images._even(torch.from_numpy(task.arrays["whitening"][1:].copy())))
        order = [*even, *np.setdiff1d(np.arange(20), even)]
        np.testing.assert_allclose(found, expected[:, order], atol=2e-4)


@pytest.mark.long
def test_a_run_from_the_command_line(tmp_path, capsys):
    pytest.importorskip("torch", reason="the other flow needs PyTorch")
    recipe = tmp_path / "small.toml"
    recipe.write_text(
        'synthetic_size = 240\nbatch = 100\nepochs = 5\nwhiten = "pca"\ncomponents = 20\n'
        'storage = "uint8"\nflip = "alternate"\nshift = 2\nhidden = [16]\nval_fraction = 0.0\n'
    )
    flags = ["--recipes", str(recipe), "--turns", "2", "--out", str(tmp_path), "--kinds"]
    assert main(["synthetic", *flags, OURS, NUMBA, TORCH, PRODUCTS]) == 0
    out = capsys.readouterr().out
    assert "seconds to test accuracy" in out
    found = json.loads((tmp_path / "bench.json").read_text())["recipes"]["recipes"]["small"]
    (training,) = found["trainings"]
    assert {kind: len(turns) for kind, turns in training.items()} == {
        OURS: 2, NUMBA: 2, TORCH: 2, PRODUCTS: 2,
    }  # fmt: skip
    assert main(["synthetic", "--recipes", "fst"]) == 2
    assert "did you mean 'fast'" in capsys.readouterr().err


def test_a_script_takes_turns(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            import sys, time
            print("ready")
            for epoch in range(int(sys.argv[2])):
                began = time.process_time()
                while time.process_time() < began + 0.05:
                    pass
                print(epoch + 1, 0.05, 1.5 - epoch)
            print("test", 0.5, 0.625, "total", 0.1)
        """)
    )
    task = SimpleNamespace(name="a", epochs=2, values={"source": "archive"})
    makers = race.contestants(task, tmp_path, (), script)
    assert [*makers] == ["naive, eager", "naive, compile"]
    found = {"missing": [], "started": {}}
    with race.started({"naive, eager": makers["naive, eager"]}, found, print) as present:
        assert isinstance(present["naive, eager"], Script)
        turns = race.train(present, 2, "a", print)["naive, eager"]
    assert [turn["loss"] for turn in turns] == [1.5, 0.5]
    assert [turn["accuracies"] for turn in turns] == [None, [0.5, 0.625]]
    assert all(0.01 < turn["seconds"] < race.REST + 1 for turn in turns)


def test_who_is_missing_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    turns = [{"seconds": s, "loss": 1.0, "accuracies": [0.5, a]} for s, a in ((9, 0.6), (2, 0.7))]
    slow = [{**turn, "seconds": 2 * turn["seconds"]} for turn in turns]
    products = [{"seconds": 1.0, "loss": 0.0, "accuracies": None}] * 2
    run = {OURS: turns, TORCH: slow, PRODUCTS: products}
    started = {OURS: 1.0, TORCH: 2.0, PRODUCTS: 0.5}
    result = {"operations": 4e9, "missing": [COMPILED], "started": started, "trainings": [run]}
    lines = tables.tables({"fast": result}).splitlines()
    rows = [line.split() for line in lines]
    assert ["fast", "2.00", "2", "1.000", "50.0%", "70.0%", "1.0"] in [
        [row[0], *row[2:]] for row in rows if OURS in row
    ]
    assert ["0.50", "×", "0.50", "to", "0.50"] in [row[5:10] for row in rows]
    assert ["2.00", "×", "2.00", "to", "2.00"] in [row[5:10] for row in rows]
    assert ["9.0", "11.0", "11.0"] in [row[2:] for row in rows]
    assert lines[-1] == f"missing: {COMPILED}; pip install -e '.[bench]'"
