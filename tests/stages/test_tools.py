"""What other tools get of a run: numbers, by name."""

from __future__ import annotations

import json
import re
import runpy
import sys
import types
from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline import run
from pipeline.events.event import Event
from stages.cifar10 import PIPELINE

pytestmark = pytest.mark.whole

PAGE = Path(__file__).parents[2] / "stages" / "README.md"
TRAINED = {"lr", "loss", "accuracy", "validation_loss", "validation_accuracy", "epoch_seconds"}
SMALL = "--source synthetic --synthetic-size 200 --hidden 8 --batch 40 --epochs 2"


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_progress_as_json_has_numbers_and_no_sentences_about_them(call):
    status, _, told = call(f"run --no-report {SMALL} --progress json")
    assert status == 0
    lines = [json.loads(line) for line in told.splitlines()]
    times = [line["seconds"] for line in lines]
    assert times == sorted(times)
    trained = [one for one in lines if (one["event"], one.get("stage")) == ("metrics", "train")]
    assert [one["epoch"] for one in trained] == [1, 2]
    assert all(isinstance(one[name], float) for one in trained for name in TRAINED)
    scores = [one for one in lines if (one["event"], one.get("stage")) == ("metrics", "evaluate")]
    assert [(one["part"], one["images"]) for one in scores] == [("validation", 40), ("test", 40)]
    assert all(0 <= one["balanced_accuracy"] <= 1 for one in scores)
    assert not any("loss" in one.get("message", "") for one in lines)
    started = {one["stage"]: one for one in lines if one["event"] == "stage_started"}
    finished = {one["stage"]: one for one in lines if one["event"] == "stage_finished"}
    assert started["train"]["fingerprint"] == finished["train"]["fingerprint"]
    assert re.fullmatch("[0-9a-f]{64}", finished["serialize"]["fingerprint"])
    again = [json.loads(line) for line in call(f"run {SMALL} --progress json")[2].splitlines()]
    cached = {one["stage"]: one for one in again if one["event"] == "stage_finished"}
    assert cached["train"]["fingerprint"] == finished["train"]["fingerprint"]


def test_a_search_reports_each_training_in_numbers(call):
    _, _, told = call(f"search lr=0.01,0.02 {SMALL} --executor serial --progress json")
    found = [json.loads(line) for line in told.splitlines()]
    trials = [one for one in found if one.get("stage") == "search"]
    assert [(one["trial"], one["trials"]) for one in trials] == [(1, 2), (2, 2)]
    assert [one["parameters"] for one in trials] == [{"lr": 0.01}, {"lr": 0.02}]
    assert all(0 <= one["accuracy"] <= 1 and not one["failure"] for one in trials)


@pytest.mark.long
def test_people_read_the_line_of_each_epoch(call):
    told = call(f"train {SMALL} --progress lines")[2]
    assert len(re.findall(r"^epoch [12]/2  loss \d", told, re.MULTILINE)) == 2


@pytest.mark.long
def test_the_example_sends_a_run_to_mlflow(folder, monkeypatch):
    """With a stand-in that has MLflow's four functions and their arguments."""
    logged: dict[tuple[str, int], float] = {}
    given: dict[str, object] = {}
    files: list[str] = []

    def log_metrics(metrics: dict[str, float], step: int | None = None) -> None:
        logged.update({(name, step): value for name, value in metrics.items()})

    monkeypatch.chdir(folder)
    monkeypatch.setitem(sys.modules, "mlflow", types.SimpleNamespace(
        start_run=nullcontext, log_params=given.update, log_metrics=log_metrics,
        log_artifact=files.append,
    ))  # fmt: skip
    (program,) = re.findall(r"```py\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len([line for line in program.splitlines() if line]) <= 15
    (folder / "example.py").write_text(program)
    runpy.run_path("example.py")
    assert given["lr"] == 0.02
    assert {step for name, step in logged if name == "validation_loss"} == {1, 2, 3}
    assert 0 <= logged["test_balanced_accuracy", 3] <= 1
    assert json.loads(Path(files[0]).read_text("utf-8"))["version"] == 1


def test_a_second_run_from_python_computes_nothing(folder):
    """Also where the first one has run in this process, and left modules as it leaves them."""
    given = {"source": "synthetic", "synthetic_size": 200, "hidden": (8,), "batch": 40, "epochs": 1}
    given |= {"store": folder / "store", "data_dir": str(folder / "data"), "seed": 3}
    events: list[Event] = []
    run(PIPELINE, on_event=events.append, **given)
    again = run(PIPELINE, on_event=events.append, **given)
    assert [one.reason for one in again.stages] == ["up to date"] * 9
