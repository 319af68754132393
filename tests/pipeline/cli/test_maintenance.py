"""What looks after a store, and a profile of a run."""

from __future__ import annotations

import pstats
from pathlib import Path

import pytest

from tests.pipeline import shop
from tests.pipeline.store.results import flip


def test_verify_finds_what_is_damaged(call, tmp_path):
    call("run")
    assert call("verify")[1] == "3 of 3 results are whole\n"
    (path,) = tmp_path.glob("artifacts/collect/*/sales.npy")
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    status, out, _ = call("verify")
    assert status == 1
    assert "sales.npy does not hold the bytes that were written" in out
    assert "2 of 3" in out
    assert "run again, and collect will be made anew; what depends on them stays, if" in out
    call("run")
    assert call("verify")[0] == 0


def test_what_verify_finds_is_made_again(call, tmp_path):
    call("run")
    (path,) = tmp_path.glob("artifacts/choose/*/kept.npy")
    flip(path, 130)
    assert call("verify")[0] == 1
    call("run")
    assert shop.RAN[-1] == "choose"
    assert call("verify")[0] == 0


def test_damage_that_ends_a_run_is_reported_and_mended_by_the_next(call, tmp_path):
    call("choose")
    (path,) = tmp_path.glob("artifacts/choose/*/rule.json")
    flip(path, 0, 1)
    status, out, err = call("run")
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"error: {path.relative_to(tmp_path)}: ")
    assert err.endswith("; run the same command again: it is made anew\n")
    assert call("run")[0] == 0
    assert call("verify")[0] == 0


def test_a_profile_is_written(call, tmp_path):
    assert call("run", "--profile", "run.prof")[0] == 0
    assert pstats.Stats(str(tmp_path / "run.prof")).total_calls > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")
def test_a_profile_that_finds_no_space_is_reported_in_one_line(call):
    status, _, err = call("run", "--quiet", "--profile", "/dev/full")
    assert status == 2
    assert err.startswith("error: /dev/full: expected space to write, found none (No space left")
    assert err.count("\n") == 1
