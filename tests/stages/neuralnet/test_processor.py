from __future__ import annotations

import os

import numpy as np
from threadpoolctl import threadpool_info

from stages.neuralnet.processor import OneBlasThread, cores


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
