"""`--kernels`: a part of what a training is known by; what numba keeps for itself is none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from pipeline import plan, run
from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from pipeline.errors import ConfigError
from stages import neuralnet
from stages.cifar10 import PIPELINE, PROGRAM
from stages.training.options import BatchOptions
from tests import sources

ROOT = Path(__file__).parents[3]
SMALL = "--source synthetic --synthetic-size 120 --hidden 6 --epochs 1 --batch 20 --batchnorm"
SMALL += " --activation gelu --optimizer adamw --workers 1"


def test_without_numba_nothing_starts(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(ConfigError, match="--kernels numba needs the package numba"):
        BatchOptions(kernels="numba")
    assert BatchOptions().kernels == "numpy"
    for more in ([], ["--dry-run"]):
        words = ["train", *SMALL.split(), "--kernels", "numba", *more]
        assert run_cli(make_cli(PROGRAM), words) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.endswith("install it with: pip install 'cifar-pipeline[compiled]'\n")
    assert not list(tmp_path.glob("artifacts/*"))


def test_they_are_a_part_of_what_a_training_is_known_by(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(neuralnet, "expect_numba", lambda: None)
    sources.known_here(monkeypatch)
    small = {"source": "synthetic", "synthetic_size": 100, "hidden": (4,), "epochs": 1, "batch": 20}
    run(PIPELINE, targets=("train",), workers=1, **small)
    reasons = {}
    for kernels in ("numpy", "numba"):
        *_, decision = plan(PIPELINE, targets=("train",), workers=1, kernels=kernels, **small)
        reasons[kernels] = decision.status, decision.reasons
    assert reasons["numpy"][0] == "cached"
    assert reasons["numba"] == ("runs", ("parameter kernels: 'numpy' → 'numba'",))


@pytest.fixture
def called(tmp_path):
    """Run the program in a process of its own; numba keeps what it compiled in `kept`."""

    def go(*words: str, **variables: str) -> dict:
        command = [sys.executable, "-m", "stages", *words, *SMALL.split(), "--json"]
        command += ["--artifacts-dir", str(tmp_path / "artifacts"), "--data-dir", str(tmp_path)]
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kept")} | variables
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return go


def status(found):
    return {stage["name"]: stage["status"] for stage in found["stages"]}["train"]


@pytest.mark.long
def test_what_numba_reads_and_keeps_makes_nothing_run_again(called, tmp_path):
    pytest.importorskip("numba", reason="needs numba (extra: compiled)")
    words = ["train", "--kernels", "numba"]
    assert status(called(*words)) == "ran"
    assert list((tmp_path / "kept").rglob("*.nbc"))
    (manifest,) = (tmp_path / "artifacts" / "train").glob("*/manifest.json")
    made = json.loads(manifest.read_text())
    assert made.get("observed") is None
    assert made["versions"]["numba"].startswith(f"{metadata.version('numba')}, llvmlite ")
    assert status(called(*words)) == "cached"
    assert status(called(*words, "--lr", "0.005")) == "ran"  # which finds what was compiled
    manifests = list((tmp_path / "artifacts" / "train").glob("*/manifest.json"))
    assert [json.loads(path.read_text()).get("observed") for path in manifests] == [None, None]
    shutil.rmtree(tmp_path / "kept")
    assert status(called(*words, NUMBA_OPT="2")) == "cached"
    assert not (tmp_path / "kept").exists()
    before = {*(tmp_path / "artifacts" / "train").glob("*/manifest.json")}
    assert status(called("train")) == "ran"  # with NumPy it is another training
    (plain,) = {*(tmp_path / "artifacts" / "train").glob("*/manifest.json")} - before
    assert "numba" not in json.loads(plain.read_text())["versions"]
    assert status(called("train")) == status(called(*words)) == "cached"


@pytest.mark.long
def test_trainings_side_by_side_and_one_after_the_other(called):
    """In one process, where the second finds what the first had compiled."""
    pytest.importorskip("numba", reason="needs numba (extra: compiled)")
    words = ["search", "lr=0.01,0.02", "seed=1,2", "--kernels", "numba", "--jobs", "2"]
    first = called(*words)
    assert [trial["failure"] for trial in first["trials"]] == [None, None]
    assert called(*words)["trials"] == first["trials"]
