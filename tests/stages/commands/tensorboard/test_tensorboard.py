"""--tensorboard: what TensorBoard's own reader reads back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline import run
from pipeline.events.event import Event
from stages.cifar10 import PIPELINE
from stages.commands.tensorboard.client import TensorBoard
from stages.commands.tensorboard.files import event_files

SMALL = "--source synthetic --synthetic-size 200 --hidden 8 --batch 40 --epochs 3"
GIVEN = {"source": "synthetic", "synthetic_size": 200, "hidden": (8,), "batch": 40, "epochs": 3}
TRAINED = {"loss/training", "accuracy/training", "loss/validation", "accuracy/validation"}
TRAINED |= {"lr", "epoch_seconds"}


@pytest.fixture(autouse=True)
def torch_is_not_there(monkeypatch):
    """tensorboardX imports it where it is, for two seconds, and nothing here needs it."""
    if "torch" not in sys.modules:
        monkeypatch.setitem(sys.modules, "torch", None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tensorboard")


@pytest.fixture
def in_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


def read(folder: Path) -> tuple[dict[str, list[tuple[int, float]]], dict[str, object]]:
    """Curves by tag and hyperparameters by name, as TensorBoard's reader has them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    found = EventAccumulator(str(folder)).Reload()
    curves = {
        tag: [(point.step, point.value) for point in found.Scalars(tag)]
        for tag in found.Tags()["scalars"]
    }
    content = found.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    start = HParamsPluginData.FromString(content).session_start_info.hparams
    values = {name: getattr(value, value.WhichOneof("kind")) for name, value in start.items()}
    return curves, values


@pytest.mark.whole
def test_curves_and_hyperparameters_are_read_back(document, folder):
    found = document(f"run --no-report {SMALL} --tensorboard logs/new")
    (place,) = (folder / "logs" / "new").iterdir()
    assert [run["run"] for run in document("runs")["runs"]] == [place.name]
    curves, values = read(place)
    assert set(curves) == TRAINED | {"loss/test", "accuracy/test"}
    history = found["epochs"]
    for name, tag in (("loss", "loss/training"), ("validation_accuracy", "accuracy/validation")):
        assert [step for step, _ in curves[tag]] == [1, 2, 3]
        shown = [value for _, value in curves[tag]]
        assert shown == pytest.approx([entry[name] for entry in history], rel=1e-6)
    step, value = curves["accuracy/test"][0]
    assert (step, value) == (found["best_epoch"], pytest.approx(found["test"]["accuracy"]))
    assert (values["batch"], values["hidden"], values["nesterov"]) == (40.0, "8", False)
    assert "workers" not in values


@pytest.mark.long
def test_what_is_cached_is_shown_once_however_often(document, folder):
    before = document(f"train {SMALL}")
    for _ in range(2):
        found = document(f"train {SMALL} --tensorboard again")
        assert {stage["status"] for stage in found["stages"]} == {"cached"}
    assert found["epochs"] == before["epochs"]
    (place,) = (folder / "again").iterdir()
    assert len(list(place.iterdir())) == 1
    curves, _ = read(place)
    assert set(curves) == TRAINED
    assert [step for step, _ in curves["loss/validation"]] == [1, 2, 3]


def metrics(epoch: int, loss: float) -> Event:
    return Event("metrics", {"stage": "train", "epoch": epoch, "loss": loss})


def test_epochs_come_as_they_are_trained_and_those_repeated_count_once(tmp_path):
    for first, last, offset in ((1, 5, 0.0), (4, 6, 0.5)):  # killed in epoch 6; state of epoch 3
        with TensorBoard(tmp_path, {"lr": 0.1, "note": None}) as board:
            board(Event("stage_started", {"stage": "train", "fingerprint": "0a1b2c3d4e5f"}))
            for epoch in range(first, last + 1):
                board(metrics(epoch, epoch + offset))
                curves, values = read(tmp_path / "0a1b2c3d")  # while the file is open
                assert curves["loss/training"][-1] == (epoch, epoch + offset)
                assert values == {"lr": 0.1, "note": "none"}
    assert [value for _, value in curves["loss/training"]] == [1, 2, 3, 4.5, 5.5, 6.5]


@pytest.mark.long
def test_from_python_the_live_file_gives_way_to_the_record(in_folder):
    def live(event: Event) -> None:
        board(event)
        if event.kind == "metrics" and event.stage == "train":
            seen.append(read(next(Path("mine").iterdir()))[0]["loss/training"])

    seen: list[list[tuple[int, float]]] = []
    with TensorBoard("mine", {"seed": 5}) as board:
        found = run(PIPELINE, targets=["train"], on_event=live, seed=5, **GIVEN)
        board.finish(found)
    assert [len(curve) for curve in seen] == [1, 2, 3]
    (place,) = Path("mine").iterdir()
    assert len(event_files(place)) == 1
    assert read(place)[0]["loss/training"] == seen[-1]


def test_a_search_has_a_run_for_each_training(document, folder):
    found = document(f"search lr=0.01,0.02 {SMALL} --executor serial --tensorboard search")
    rates = {read(place)[1]["lr"] for place in (folder / "search").iterdir()}
    assert rates == {0.01, 0.02}
    assert len(found["trials"]) == 2


def test_the_folder_identifies_nothing(document):
    document(f"train {SMALL}")
    found = document(f"train {SMALL} --tensorboard elsewhere --dry-run")
    assert {stage["status"] for stage in found["stages"]} == {"cached"}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--tensorboard file", "file: expected a folder that can be written, found: a file"),
        ("--tensorboard logs --load m.json", "--tensorboard: expected a training to show"),
    ],
)
def test_what_cannot_be_shown_is_told_before_anything_runs(call, document, folder, flags, words):
    (folder / "file").touch()
    document(f"run --no-report {SMALL} --save m.json")
    source = "--source synthetic --synthetic-size 200"
    status, _, told = call(f"run {source} --epochs 7 {flags}" if "load" not in flags
                           else f"run {source} {flags}")  # fmt: skip
    assert (status, told.count("\n")) == (2, 1)
    assert words in told


def test_the_extra_is_named_where_it_is_missing(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    status, _, told = call(f"train {SMALL} --tensorboard logs")
    assert (status, told.count("\n")) == (2, 1)
    assert "pip install 'cifar-pipeline[tensorboard]'" in told


def test_a_folder_that_vanishes_ends_no_training(call, folder, monkeypatch):
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("stages.commands.tensorboard.files.EventFile._write", broken)
    status, _, told = call(f"train {SMALL} --seed 9 --tensorboard full")
    assert status == 0
    assert "warning: --tensorboard: no more is written: [Errno 28]" in told
    assert "warning: no curves for TensorBoard" in told
