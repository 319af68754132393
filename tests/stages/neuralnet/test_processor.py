from __future__ import annotations

import os

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from stages.neuralnet.processor import OneBlasThread, cores, quota


def threads():
    np.dot(np.ones(1), np.ones(1))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_the_limit_holds_until_the_last_one_is_done():
    before = threads()
    with OneBlasThread():
        with OneBlasThread():
            assert threads() <= {1}
        assert threads() <= {1}
    assert threads() == before


def test_cores_are_those_this_process_may_use(monkeypatch):
    assert 1 <= cores() <= os.cpu_count()
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert cores() == os.cpu_count()


V1 = "cpu/c/cpu.cfs_quota_us", "cpu/c/cpu.cfs_period_us"


@pytest.mark.parametrize(
    ("line", "files", "expected"),
    [
        ("0::/a/b", {"a/cpu.max": "50000 100000", "a/b/cpu.max": "max 100000"}, 0.5),
        ("0::/host/path", {"cpu.max": "150000 100000"}, 1.5),  # a container's, mounted as the root
        ("4:cpu,cpuacct:/c", dict(zip(V1, ("20000", "80000"), strict=True)), 0.25),
        ("4:cpu:/c", dict(zip(V1, ("-1", "100000"), strict=True)), os.cpu_count()),
        ("3:memory:/\n0::/", {"cpu.max": "no numbers"}, os.cpu_count()),
    ],
)
def test_a_quota_is_read_from_control_groups_of_both_versions(tmp_path, line, files, expected):
    groups = tmp_path / "groups"
    groups.write_text(line + "\n")
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert quota(groups, tmp_path) == min(expected, os.cpu_count())


def test_without_control_groups_there_is_no_quota(tmp_path, monkeypatch):
    assert quota(tmp_path / "none", tmp_path) == os.cpu_count()
    monkeypatch.setattr("stages.neuralnet.processor.quota", lambda: 0.3)
    assert cores() == 1
