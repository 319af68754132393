"""The range test as a command, on a few hundred drawn shapes."""

from __future__ import annotations

import sys
from unittest import mock

import numpy as np
import pytest

from stages.commands.lr_find.stage import lr_find
from stages.train import train
from tests.stages.flat import call as called

pytestmark = pytest.mark.whole

SMALL = "--source synthetic --synthetic-size 400 --hidden 16 --batch 40"
BEFORE = ["download", "decode", "preprocess", "split", "standardize", "whiten"]
SPARE = {
    "epochs",
    "lr",
    "schedule",
    "decay",
    "every",
    "warmup",
    "final",
    "average",
    "refine",
    "patience",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lr_find")


def names(found) -> list[str]:
    return [stage["name"] for stage in found["stages"]]


@pytest.mark.everyday
def test_a_test_is_a_cached_stage_of_its_own(document):
    found = document(f"lr-find {SMALL}")
    assert names(found) == [*BEFORE, "lr-find"]
    curve = found["lr_range"]
    assert curve["network"] == "1024-16-10"
    assert (curve["optimizer"], curve["batch"]) == ("sgd", 40)
    assert len(curve["rates"]) == len(curve["losses"]) == len(curve["smoothed"]) <= 200
    assert curve["rates"] == sorted(curve["rates"])
    assert curve["rates"][0] == pytest.approx(1e-5)
    assert curve["losses"][0] == pytest.approx(np.log(10), rel=0.3)
    assert curve["rates"][0] < curve["suggestion"] < 10
    again = document(f"lr-find {SMALL}")
    assert {stage["status"] for stage in again["stages"]} == {"cached"}
    assert again["lr_range"] == curve


def test_what_only_a_training_needs_changes_nothing(document):
    document(f"lr-find {SMALL}")
    spare = "--lr 3 --epochs 7 --schedule one_cycle --warmup 2 --patience 3 --average 0.9"
    again = document(f"lr-find {SMALL} {spare}")
    assert {stage["status"] for stage in again["stages"]} == {"cached"}
    assert again["command"].startswith(f"pipeline train {SMALL.split(' --hidden')[0]}")
    assert "--lr 3" not in again["command"]
    assert "--epochs 7" in again["command"]


def test_it_takes_all_parameters_of_train_but_those_of_its_schedule():
    own = {"lr_from", "lr_to", "lr_steps"}
    assert set(train.parameters) - set(lr_find.parameters) == SPARE
    assert set(lr_find.parameters) - set(train.parameters) == own
    assert lr_find.inputs == tuple(name for name in train.inputs if name != "validation_rows")


@pytest.mark.long
def test_bits_do_not_depend_on_workers(document):
    flags = f"{SMALL} --dropout 0.2 --flip random --shift 2 --batchnorm --optimizer adamw"
    curves = [
        document(f"lr-find {flags} --workers {workers} --executor {kind} --artifacts-dir {kind}")
        for workers, kind in ((1, "serial"), (3, "thread"))
    ]
    assert curves[0]["lr_range"] == curves[1]["lr_range"]
    other = document(f"lr-find {flags} --seed 1")["lr_range"]
    assert other["losses"] != curves[0]["lr_range"]["losses"]


def test_the_losses_are_those_of_a_training_at_the_first_rate(document):
    """One step at a constant rate, then the next: what train sums up over an epoch."""
    flags = f"{SMALL} --batch 80 --lr-from 0.01 --lr-to 0.01000001"
    found = document(f"lr-find {flags} --lr-steps 20")["lr_range"]
    trained = document(f"train {SMALL} --batch 80 --lr 0.01 --decay 1 --epochs 5")["epochs"]
    means = np.reshape(found["losses"], (5, 4)).mean(1)
    assert means == pytest.approx([epoch["loss"] for epoch in trained], rel=1e-4)
    assert found["blew_up"] is None


def test_a_last_batch_that_is_smaller_counts_by_its_images(document):
    found = document(f"lr-find {SMALL} --batch 300 --lr-steps 20")["lr_range"]
    assert all(1 < loss < 4 for loss in found["losses"][:6])


def test_a_flag_of_train_leads_to_the_same(document):
    document(f"lr-find {SMALL}")
    found = document(f"train --lr-find {SMALL} --lr 0.5")
    assert names(found) == [*BEFORE, "lr-find"]
    assert {stage["status"] for stage in found["stages"]} == {"cached"}
    assert "--lr-find" not in found["command"]


def test_the_command_it_names_trains(call, document):
    found = document(f"lr-find {SMALL} --recipe default --batchnorm --no-color --seed 2")
    command = found["command"]
    assert command.startswith("pipeline train --recipe default ")
    assert {"--batchnorm", "--no-color"} <= set(command.split())
    assert command.endswith(f"--lr {found['lr_range']['suggestion']:g}")
    status, _, err = call(command.removeprefix("pipeline ") + " --epochs 1")
    assert status == 0, err


def test_nothing_else_runs_it(document, call):
    assert "lr-find" not in names(document(f"run {SMALL} --epochs 1"))
    assert "lr-find" not in names(document(f"plan {SMALL}"))
    assert "lr-find" not in call("graph")[1]
    assert "lr-find: " in call(f"explain lr-find {SMALL}")[1]
    assert document("config")["lr_steps"] == {"value": 200, "origin": "default"}
    dry = document(f"train --lr-find {SMALL} --dry-run")
    assert names(dry)[-1] == "lr-find"


def test_gc_keeps_it_as_it_keeps_a_model(document):
    document(f"lr-find {SMALL}")
    removed = document(f"gc --dry-run {SMALL}")["removed"]
    assert not [removal for removal in removed if "/lr-find/" in removal["path"]]


def test_the_page(call):
    status, page, err = call(f"lr-find {SMALL}")
    assert status == 0, err
    lines = page.splitlines()
    assert lines[0].startswith("THE IMAGES ARE SYNTHETIC")
    assert "learning-rate range test: synthetic · 1024-16-10 · sgd · batch 40" in lines
    assert "▲" in page
    assert lines[-2].startswith("suggested: ")
    assert lines[-1].startswith("  pipeline train --source synthetic ")
    assert [line for line in lines[1:-1] if len(line) > 80] == []
    assert "Flags that only a training needs" in " ".join(call("lr-find --help")[1].split())
    assert "--lr-find" in call("train --help")[1]


def test_where_there_is_nothing_to_suggest(call, document):
    flags = f"{SMALL} --lr-from 0.5 --lr-to 2 --optimizer adam"
    found = document(f"lr-find {flags}")
    assert found["lr_range"]["suggestion"] is found["command"] is None
    status, page, _ = call(f"lr-find {flags}")
    assert status == 0
    assert page.splitlines()[-1].startswith("no rate to suggest: the loss did not fall, and it ")
    assert page.endswith("; try a lower --lr-from, or more --lr-steps\n")


def test_a_file_for_the_picture_is_looked_at_first(call, tmp_path):
    for plot in ("x.txt", tmp_path):
        status, _, err = call(f"lr-find --plot {plot} --data-dir {tmp_path}/data")
        assert status == 2
        assert err.startswith("error: --plot: expected ")
    with mock.patch.dict(sys.modules, {"matplotlib": None}):
        status, _, err = call(f"lr-find --plot x.png --data-dir {tmp_path}/data")
    assert status == 2
    assert "pip install 'cifar-pipeline[pictures]'" in err
    assert not list(tmp_path.iterdir())


def test_a_stage_stays_a_function():
    labels = np.arange(20, dtype=np.uint8) % 2
    features = np.random.default_rng(0).normal(labels[:, None], 1, (20, 3)).astype(np.float32)
    dataset = {"name": "points", "classes": ["left", "right"], "train": 20, "test": 0}
    none = np.empty((0, 3), np.float32)
    given = (features, labels, dataset, np.arange(20), none, none)
    found = called(lr_find, *given, lr_steps=30, batch=4, hidden=(3,))
    assert found["network"] == "3-3-2"
    assert found["rates"][0] == pytest.approx(1e-5)
