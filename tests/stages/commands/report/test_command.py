"""`report` on what real trainings left, and the page that `run` writes."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil

import numpy as np
import pytest

from pipeline.store.store import Store
from stages import neuralnet as nn
from stages.cifar10 import PIPELINE, PROGRAM
from stages.commands.report.gather import gather
from stages.commands.report.trail import chosen
from stages.commands.report.weights import first_layer, to_pixels
from tests.stages.examples import pictures, write_all

SMALL = "--source synthetic --synthetic-size 300 --hidden 8 --epochs 2 --batch 30"
OTHER = f"{SMALL} --lr 0.05 --whiten pca --components 40 --standardize feature --flip random --tta"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.fixture
def runs(call, document):
    """The names of two trainings: plain, and whitened with flip TTA."""
    for flags in (SMALL, OTHER):
        status, _, err = call(f"run {flags} --quiet")
        assert status == 0, err
    found = {run["tta"] is not None: run["run"] for run in document("runs")["runs"]}
    return found[False], found[True]


def records(folder, names):
    return [gather(PROGRAM, one) for one in chosen(Store(folder / "artifacts"), PIPELINE, names)]


def test_run_leaves_a_page(call, document, folder, runs):
    page = folder / "artifacts/reports" / f"{runs[0]}.html"
    text = page.read_text("utf-8")
    assert "default" in text
    assert "parameter" in text or "never run before" in text  # why the stages ran
    found = document(f"run {SMALL}")
    assert found["report"] == os.path.join("artifacts", "reports", page.name)
    before = page.stat().st_mtime_ns  # all is cached, and the page is there
    assert call(f"run {SMALL}")[1].rstrip().endswith(f"report: {found['report']}")
    assert page.stat().st_mtime_ns == before


@pytest.mark.whole
def test_a_folder_of_photos_is_called_by_its_name(call, folder, tmp_path):
    photos = write_all(tmp_path / "my photos", pictures())
    flags = f"--source '{photos}' --hidden 4 --epochs 1 --batch 8 --artifacts-dir '{tmp_path}'"
    status, out, err = call(f"run {flags} --json")
    assert status == 0, err
    page = (folder / json.loads(out)["report"]).read_text("utf-8")
    assert '<span class="on"> on my photos (custom-' in page
    command = json.loads(call(f"report {flags} --json")[1])["runs"][0]["command"]
    assert str(photos) in shlex.split(command)


@pytest.mark.whole
def test_no_report(call, document, folder, tmp_path):
    found = document(f"run {SMALL} --artifacts-dir {tmp_path} --no-report --save m.json")
    assert "report" not in found
    assert not (tmp_path / "reports").exists()
    status, out, _ = call(f"report {SMALL} --load m.json --artifacts-dir {tmp_path} --json")
    assert status == 0
    reported = json.loads(out)
    (run,) = reported["runs"]
    assert run["accuracy"] == found["test"]["accuracy"]
    assert run["command"].endswith("--load m.json")
    assert "model" in (folder / reported["report"]).read_text("utf-8")


@pytest.mark.long
def test_a_page_that_cannot_be_written_costs_no_run(call, tmp_path):
    place = tmp_path / "reports"
    place.write_text("in the way")
    status, out, err = call(f"run {SMALL} --artifacts-dir {tmp_path}")
    assert status == 0
    assert "model: " in out
    assert "report: " not in out
    assert "no report: " in err


def test_with_the_flags_of_a_training(call, document, folder, runs):
    found = document(f"report {OTHER}")
    assert found["report"] == os.path.join("artifacts", "reports", f"{runs[1]}.html")
    text = (folder / found["report"]).read_text("utf-8")
    assert "cached" in text
    assert re.search("<code>--lr</code>.*?<td>flag</td>", text)  # the origin of a value
    (run,) = found["runs"]
    low, high = run["interval"]
    assert 0 <= low < run["accuracy"] < high <= 1
    status, out, _ = call(f"report {OTHER} --dry-run")
    assert status == 0
    assert re.search(r"train +cached", out)


def test_the_figures_are_those_of_the_evaluation(runs, folder):
    plain, flipped = records(folder, runs)
    assert plain.predictions.right.mean() == plain.figures["test"]["accuracy"]
    assert plain.confusion.tolist() == plain.figures["test"]["confusion"]
    assert not plain.flips
    assert flipped.predictions.right.mean() == flipped.figures["test"]["tta"]["accuracy"]
    assert flipped.accuracy == flipped.figures["test"]["tta"]["accuracy"]
    chances = flipped.predictions.probabilities
    truth = chances[range(len(chances)), flipped.predictions.truth]
    assert -np.log(truth).mean() == pytest.approx(flipped.loss, rel=1e-5)


@pytest.mark.parametrize("place", [0, 1])
def test_the_command_makes_it_again(call, runs, folder, place):
    (record,) = records(folder, runs[place : place + 1])
    program, verb, *flags = shlex.split(record.command)
    assert (program, verb) == ("pipeline", "run")
    out = call(f"plan {shlex.join(flags)}")[1]
    assert [line.split()[2] for line in out.splitlines()] == ["cached"] * (len(record.steps) + 1)


def test_origins_of_a_stored_run(runs, folder):
    origins = {one.flag: (one.text, one.origin) for one in records(folder, runs)[1].settings}
    assert origins["--lr"] == ("0.05", "given")
    assert origins["--momentum"] == ("0.9", "default")
    assert origins["--source"] == ("synthetic", "given")
    assert "--workers" not in origins  # it changes no result, and nobody keeps it


def test_names_of_runs(call, document, folder, runs):
    found = document(f"report {runs[0]} {runs[1][:6].upper()} {runs[0]} --output both.html")
    assert [run["run"] for run in found["runs"]] == list(runs)
    text = (folder / "both.html").read_text("utf-8")
    assert "McNemar" in text
    assert "--components" in text
    status, out, _ = call(f"report {runs[0]}")
    assert status == 0
    assert "Accuracy: validation highest" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("0123456789", "error: report: expected the beginning of one run's name, found '01234567"),
        ("{0} --lr 0.1", "error: report: expected names of runs or the flags of a training, found"),
        ("{0} --plot x.gif", "error: --plot: expected the name of a file that ends in .svg"),
        ("{0} --output .", "error: --output: expected the name of a file that can be written"),
    ],
)
def test_mistakes(call, runs, flags, message):
    status, out, err = call(f"report {flags.format(*runs)}")
    assert (status, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_plots(document, call, folder, runs):
    assert document(f"report {runs[0]} --plot a.svg")["plot"] == "a.svg"
    assert "validation" in (folder / "a.svg").read_text("utf-8")
    out = call(f"report {' '.join(runs)} --figure confusion --plot b.svg")[1]
    assert out.count("truth ↓") == 2
    assert (folder / "b.svg").read_text("utf-8").count('class="well"') == 2


def test_what_is_gone_is_said(call, runs, folder, tmp_path):
    shutil.copytree(folder / "artifacts", tmp_path / "copy")
    for stage in ("decode", "preprocess"):
        shutil.rmtree(tmp_path / "copy" / stage)
    status, out, _ = call(f"report {runs[0]} --artifacts-dir {tmp_path}/copy --json")
    assert status == 0
    page = (tmp_path / "copy/reports" / f"{runs[0]}.html").read_text("utf-8")
    assert "the store no longer holds images, labels, dataset" in page
    shutil.rmtree(tmp_path / "copy/evaluate")
    status, out, _ = call(f"report {runs[0]} --artifacts-dir {tmp_path}/copy")
    assert "not evaluated" in out
    next((tmp_path / "copy/train").glob(f"{runs[0]}*/training.json")).write_bytes(b"{")
    status, _, err = call(f"report {runs[0]} --artifacts-dir {tmp_path}/copy")
    assert status == 0
    assert f"warning: report: training of {runs[0]} is gone or damaged, and the page does" in err


def test_weights_go_back_through_whitening(runs, folder):
    (trail,) = chosen(Store(folder / "artifacts"), PIPELINE, runs[1:])
    weights = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    standardization, whitening = trail.load("standardization"), trail.load("whitening")
    found = to_pixels(weights, standardization, whitening)
    inputs = nn.Inputs(standardization=standardization, whitening=whitening)
    a, b = np.random.default_rng(1).random((2, 1, len(found)), np.float32)
    change = (inputs(a) - inputs(b)) @ weights
    assert change == pytest.approx((a - b) @ found, rel=2e-2, abs=2e-2)
    drawn = first_layer(trail)
    assert (drawn.shape, drawn.dtype) == ((8, 1, 32, 32), np.uint8)
