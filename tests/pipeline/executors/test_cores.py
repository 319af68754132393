"""How many cores there are for us, and how many workers may be asked for."""

import multiprocessing
import os
import sys
import types

import pytest

from pipeline.errors import ConfigError
from pipeline.executors import cores
from pipeline.executors.cores import check_workers, default_workers


def test_default_workers_are_the_cores_of_this_process():
    assert 1 <= default_workers() <= os.cpu_count()


def test_without_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    monkeypatch.setattr(cores, "_quota", lambda: None)
    assert default_workers() == 3


def test_a_quota_below_the_cores(monkeypatch):
    monkeypatch.setattr(cores, "_quota", lambda: 1)
    assert default_workers() == 1


@pytest.mark.parametrize(
    ("requested", "used", "message"),
    [
        (None, 2, None),
        (1, 2 - 1, None),
        (2, 2, None),
        (8, 8, "--workers 8 is more than the 2 cores here: more than 2 gain nothing"),
        (16, 16, "--workers 16 is more than the 2 cores here: more than 2 gain nothing"),
        (64, 16, "--workers 64 is more than the 2 cores here: using 16, and more than 2 gain "),
    ],
)
def test_check_workers(monkeypatch, requested, used, message):
    monkeypatch.setattr(cores, "default_workers", lambda: 2)
    workers, reported = check_workers(requested)
    assert workers == used
    assert reported == message or reported.startswith(message)


def test_the_cap_grows_with_the_cores(monkeypatch):
    monkeypatch.setattr(cores, "default_workers", lambda: 32)
    assert check_workers(1000)[0] == 128


def test_a_daemon_starts_no_processes(monkeypatch):
    monkeypatch.setattr(multiprocessing.process.current_process(), "_config", {"daemon": True})
    assert default_workers() == 1
    assert check_workers(2) == (
        1,
        "--workers 2: using 1, for a worker of a cluster starts no processes",
    )


def test_while_another_thread_imports_what_tells(monkeypatch):
    name = "multiprocessing.process"
    monkeypatch.setitem(sys.modules, name, types.ModuleType(name))  # as far as it has come
    assert default_workers() >= 1


def test_no_workers():
    with pytest.raises(ConfigError, match="--workers: expected at least 1, found 0"):
        check_workers(0)


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({}, None),
        ({".": "max 100000"}, None),
        ({".": "150000 100000"}, 2),
        ({".": "400000 100000", "a": "max 100000", "a/b": "50000 100000"}, 1),
        ({"a": "300000 100000", "c": "100000 100000"}, 3),
    ],
)
def test_quota(tmp_path, limits, found):
    own = tmp_path / "own"
    own.write_text("4:memory:/elsewhere\n0::/a/b\n")
    for folder, content in limits.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "cpu.max").write_text(content + "\n")
    assert cores._quota(own, tmp_path) == found


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ({}, None),
        ({"cpu": (-1, 100_000)}, None),
        ({"cpu": (150_000, 100_000)}, 2),
        ({"cpu/a/b": (50_000, 100_000), "cpu": (400_000, 100_000)}, 1),
        ({"cpu,cpuacct/a": (300_000, 100_000)}, 3),
        ({"memory": (100_000, 100_000)}, None),
        ({"cpu": (100_000, 0)}, None),
    ],
)
def test_quota_of_version_1(tmp_path, limits, found):
    own = tmp_path / "own"
    own.write_text("5:cpu,cpuacct:/a/b\n4:memory:/a/b\n0::/\n")
    for folder, (quota, period) in limits.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "cpu.cfs_quota_us").write_text(f"{quota}\n")
        (tmp_path / folder / "cpu.cfs_period_us").write_text(f"{period}\n")
    assert cores._quota(own, tmp_path) == found


def test_no_cgroups(tmp_path):
    assert cores._quota(tmp_path / "missing", tmp_path) is None
