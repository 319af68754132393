"""The whole job, from a source to model.json, and what runs again when something changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pipeline.cli.session import load_recipe
from pipeline.code import CodeIndex
from stages.cifar10 import PIPELINE
from stages.commands.add import RECIPES
from tests.end_to_end.conftest import QUICK, SMALL, ran

BEFORE = ["download", "decode", "preprocess", "split", "standardize", "whiten"]  # training
ALL = [*BEFORE, "train", "evaluate", "serialize"]


def digest(found) -> str:
    return hashlib.sha256(Path(found["model"]).read_bytes()).hexdigest()


@pytest.mark.everyday
def test_from_source_to_model(document, call, tmp_path):
    (tmp_path / "out").mkdir()
    found = document("run", *QUICK, "--save", "out/model.json")
    assert ran(found) == ALL
    assert found["dataset"] == "synthetic"
    assert found["test"]["images"] == 80
    assert 0 <= found["test"]["accuracy"] <= 1
    assert found["test"]["loss"] > 0
    assert len(found["test"]["per_class"]) == len(found["test"]["confusion"]) == 10
    assert found["validation"]["images"] == 80
    assert [epoch["epoch"] for epoch in found["epochs"]] == [1, 2]
    assert found["model"] == "out/model.json"
    assert json.loads((tmp_path / "out" / "model.json").read_text())["version"] == 1

    status, page, reported = call("run", *QUICK)
    assert status == 0
    assert "THE IMAGES ARE SYNTHETIC" in page
    assert "truth ↓ prediction →" in page
    assert reported.count("cached") == len(ALL)

    again = document("run", *QUICK)
    assert ran(again) == []
    assert {stage["reason"] for stage in again["stages"]} == {"up to date"}
    assert again["test"] == found["test"]


def test_only_what_depends_on_a_change_runs(document):
    document("run", *QUICK)
    changed = document("run", *QUICK, "--lr", "0.02")
    assert ran(changed) == ["train", "evaluate", "serialize"]
    assert changed["stages"][6]["reason"] == "parameter lr: 0.01 → 0.02"
    assert ran(document("run", *QUICK, "--color")) == [
        "preprocess",
        "standardize",
        "whiten",
        "train",
        "evaluate",
        "serialize",
    ]
    assert ran(document("run", *QUICK, "--seed", "1"))[0] == "split"
    assert ran(document("run", *QUICK)) == []


def test_workers_do_not_change_a_bit_and_make_nothing_stale(document, tmp_path):
    digests = set()
    for number, choice in enumerate((("1", "serial"), ("2", "thread"), ("3", "thread"))):
        flags = ("--workers", choice[0], "--executor", choice[1])
        found = document("run", *QUICK, *flags, "--artifacts-dir", f"a{number}")
        digests.add(digest(found))
        assert ran(document("run", *QUICK, "--artifacts-dir", f"a{number}")) == []
    assert len(digests) == 1
    assert digest(document("run", *QUICK, "--seed", "1")) not in digests


def test_preprocess_brings_everything_up_to_where_training_can_start(document):
    found = document("preprocess", *SMALL, "--standardize", "feature")
    assert ran(found) == BEFORE
    assert found["artifacts"]["features"]["shape"] == [480, 1024]
    assert found["artifacts"]["standardization"]["shape"] == [2, 1024]
    assert ran(document("train", *QUICK, "--standardize", "feature")) == ["train"]
    assert ran(document("evaluate", *QUICK, "--standardize", "feature")) == ["evaluate"]
    assert ran(document("serialize", *QUICK, "--standardize", "feature")) == ["serialize"]


def test_without_validation_the_last_epoch_is_kept(document):
    found = document("run", *QUICK, "--val-fraction", "0")
    assert "validation" not in found
    assert found["best_epoch"] == 2


def test_patience_ends_a_training_early(document):
    found = document("train", *QUICK, "--epochs", "50", "--lr", "0.1", "--patience", "2")
    assert len(found["epochs"]) < 50


def test_float64_and_other_activations(document):
    found = document("run", *QUICK, "--precision", "float64", "--activation", "tanh")
    model = json.loads(Path(found["model"]).read_text())
    assert model["dtype"] == model["layers"][0]["weights"]["dtype"] == "float64"
    assert model["layers"][0]["activation"] == "tanh"


def test_a_network_without_hidden_layers(document):
    found = document("run", *QUICK, "--hidden", "")
    assert len(json.loads(Path(found["model"]).read_text())["layers"]) == 1


def test_the_default_recipe_is_what_the_flags_default_to():
    _, recipe = load_recipe(RECIPES, "default")
    assert recipe
    for name, value in recipe.items():
        default = PIPELINE.parameters[name].default
        assert (tuple(value) if isinstance(value, list) else value) == default, name


def test_recipes_are_listed(call):
    status, out, _ = call("recipes")
    assert status == 0
    assert out.splitlines()[0].startswith("recipe ")
    assert "\ndefault " in out


def test_the_flow_is_drawn_from_the_code(call):
    assert [line.split()[0] for line in call("graph")[1].splitlines()] == ALL


def test_a_training_that_diverges_says_which_flag_to_turn(call):
    status, out, err = call("train", *QUICK, "--lr", "1e30", "--quiet")
    assert status == 2
    assert out == ""
    assert "training diverged: the loss is no longer finite in epoch 1" in err
    assert "--lr" in err
    assert "Traceback" not in err


def test_the_training_depends_on_the_code_of_the_network():
    names = CodeIndex().reached(PIPELINE.stages["train"].function).symbols.keys()
    assert {"stages.neuralnet.optimizers.sgd.SGD", "stages.neuralnet.trainer.Trainer"} <= names
    assert not {
        name for name in names if name.startswith(("stages.decode.", "pipeline.store.store."))
    }
    split = CodeIndex().reached(PIPELINE.stages["split"].function).symbols.keys()
    assert "stages.neuralnet.optimizers.sgd.SGD" not in split
