"""Ctrl-C, kill -9 and two at once: the program itself, as processes."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.end_to_end.conftest import SMALL, ran

# Long enough to be interrupted in the middle, where a state is saved so often.
LONG = (*SMALL, "--hidden", "64", "--epochs", "80", "--batch", "20", "--workers", "1")
OFTEN = 0.05  # seconds


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def states(folder: Path) -> list[Path]:
    return list(folder.glob("artifacts/.state/train/*/[0-9]*"))


def digest(found) -> str:
    return hashlib.sha256(Path(found["model"]).read_bytes()).hexdigest()


@pytest.mark.parametrize("kernels", ["numpy", pytest.param("numba", marks=pytest.mark.long)])
def test_ctrl_c_and_kill_lose_nothing(spawn, document, tmp_path, kernels):
    words = LONG
    if kernels == "numba":
        pytest.importorskip("numba", reason="needs numba (extra: compiled)")
        words = (*LONG, "--kernels", "numba", "--batchnorm", "--activation", "gelu")
    process = spawn("run", *words, save=OFTEN)
    wait_for(lambda: states(tmp_path))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "interrupted; run the same command again to go on from here"
    assert "Traceback" not in err

    process = spawn("run", *words, save=OFTEN)
    first = states(tmp_path)
    wait_for(lambda: states(tmp_path) not in (first, []))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    process = spawn("run", *words, "--json", "--save", "resumed.json", save=OFTEN)
    out, err = process.communicate(timeout=120)
    assert "resuming from epoch" in err
    resumed = json.loads(out)
    assert ran(resumed) == ["train", "evaluate", "serialize"]
    assert not states(tmp_path), "a finished training needs no state"

    whole = document("run", *words, "--artifacts-dir", "undisturbed")
    assert digest(whole) == hashlib.sha256((tmp_path / "resumed.json").read_bytes()).hexdigest()


def test_two_at_once_compute_each_stage_once(spawn):
    quick = (*SMALL, "--hidden", "16", "--epochs", "3", "--batch", "50", "--json")
    processes = [spawn("run", *quick) for _ in range(2)]
    documents = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        documents.append(json.loads(out))
    everything = sorted(ran(documents[0]) + ran(documents[1]))
    assert everything == sorted(set(everything)), "no stage ran twice"
    assert len(everything) == 9
    assert documents[0]["test"] == documents[1]["test"]
