"""`runs` and `compare` on what real trainings left."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import pytest

from stages.commands.runs.action import _made_with

SMALL = "--source synthetic --synthetic-size 300 --hidden 8 --epochs 2 --batch 30"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def trained(call, document):
    """Three trainings, two of them evaluated."""
    for command in (
        f"run {SMALL}",
        f"train {SMALL} --whiten pca --components 12 --seed 4",
        f"evaluate {SMALL} --lr 0.05 --val-fraction 0 --tta",
    ):
        assert call(f"{command} --quiet")[0] == 0
    return document("runs")["runs"]


def names(found) -> list[str]:
    return [run["run"] for run in found]


def test_each_training_with_all_that_was_chosen_for_it(trained, document):
    by_lr = {run["parameters"]["lr"] == 0.05: run for run in trained if run["test"] is not None}
    plain, averaged = by_lr[False], by_lr[True]
    (whitened,) = (run for run in trained if run["test"] is None)
    assert whitened["parameters"]["components"] == 12
    assert set(whitened["differing"]) == {
        "seed",
        "whiten",
        "components",
        "hidden",
        "epochs",
        "batch",
    }
    assert (plain["dataset"], plain["images"]) == ("synthetic", 240)
    assert (averaged["images"], averaged["validation"]) == (300, None)
    evaluation = document(f"run {SMALL}")
    assert plain["test"] == evaluation["test"]["accuracy"]
    assert plain["tta"] is None
    assert plain["validation"] == max(e["validation_accuracy"] for e in evaluation["epochs"])
    assert 0 <= averaged["tta"] <= 1
    assert plain["recipe"] == "default"


def test_the_table(call, trained):
    status, out, err = call("runs")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["run", "written", "dataset"]
    assert [line.split()[0] for line in lines[1:]] == names(trained)
    assert all("default" in line for line in lines[1:])
    assert "lr=0.05" in out
    status, out, _ = call("runs --last 1 --sort test")
    assert out.splitlines()[-1] == "… and 2 more"


def test_the_order(trained, document):
    found = document("runs --sort test")["runs"]
    scores = [-1 if run["test"] is None else run["test"] for run in found]
    assert scores == sorted(scores, reverse=True)
    assert sorted(names(found)) == sorted(names(trained))
    assert document("runs --sort validation")["runs"][-1]["validation"] is None


def test_some_side_by_side(call, trained, document):
    chosen = " ".join(names(trained)[:2])
    status, out, _ = call(f"compare {chosen}")
    assert status == 0
    assert out.splitlines()[0].split() == chosen.split()
    rows = {line.split("  ")[0]: line for line in out.splitlines()}
    for name in ("written", "dataset", "images", "validation", "test", "code", "result", "lr"):
        assert name in rows
    assert "batch" not in rows  # it is the same for both
    found = document(f"compare {chosen}")
    assert {"lr", "val_fraction"} <= set(found["differing"])
    assert names(found["runs"]) == chosen.split()


def test_one_run_twice_is_one(call, trained):
    name = trained[0]["run"]
    status, out, _ = call(f"compare {name} {name[:6].upper()} {name}")
    assert status == 0
    assert out.splitlines()[0].split() == [name]
    assert out.endswith("no parameter differs\n")


@pytest.mark.parametrize("name", ["0123456789", ""])
def test_a_name_that_is_not_the_beginning_of_one(call, trained, name):
    status, out, err = call(f"compare '{name}'")
    assert (status, out) == (2, "")
    assert err.startswith(
        f"error: compare: expected the beginning of one run's name, found '{name}'"
    )
    assert err.endswith("'pipeline runs' lists them\n")


def test_nothing_is_stored(call, tmp_path):
    status, out, _ = call(f"runs --artifacts-dir {tmp_path}/none")
    assert (status, out) == (0, f"no training is stored in {tmp_path}/none yet\n")
    assert not list(tmp_path.iterdir())


def test_what_is_damaged_or_gone_is_left_out(call, trained, folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder / "artifacts", copy)
    (first, *_) = copy.glob("train/*/training.json")
    first.write_text("{")
    shutil.rmtree(copy / "decode")
    status, out, _ = call(f"runs --artifacts-dir {copy} --json")
    assert status == 0
    found = json.loads(out)["runs"]
    assert len(found) == 2
    assert {run["dataset"] for run in found} == {"?"}


def test_what_another_blas_kernel_made_is_named(trained, call, monkeypatch):
    kernel = trained[0]["versions"]["blas"]
    monkeypatch.setattr(
        "pipeline.store.numerics.numeric_versions", lambda: {"numpy": "", "blas": "other"}
    )
    status, out, _ = call("runs")
    named = " ".join(one["run"] for one in trained)
    assert status == 0
    assert f"{named}: made with the BLAS kernel {kernel}, here other: the last bits may" in out
    _, out, _ = call(f"compare {trained[0]['run']} {trained[1]['run']}")
    assert f"BLAS {kernel} {kernel}" in " ".join(out.split())


@pytest.mark.long
def test_numba_stands_beside_the_kernel_where_a_run_was_computed_with_it(trained, call):
    names = [one["run"] for one in trained[:2]]
    assert "numba" not in call(f"compare {' '.join(names)}")[1]
    versions = [{"blas": "a"}, {"blas": "b", "numba": "0.61.0"}, None]
    runs = [SimpleNamespace(manifest={"versions": one}) for one in versions]
    assert _made_with(runs) == {"BLAS": ["a", "b", "–"], "numba": ["–", "0.61.0", "–"]}
    assert _made_with(runs[:1]) == {"BLAS": ["a"]}
