"""What a trainer holds, and gives back: also when nobody closes it."""

from __future__ import annotations

import gc
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from stages.neuralnet import SGD, Trainer

from ..data import FEATURES, LABELS, network


def held():
    """The blocks of shared memory that this process has open, and its BLAS threads."""
    blas = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    names = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the listing itself
            names.append(os.readlink(link))
    return sum("memfd:neuralnet" in name for name in names), blas


@pytest.mark.parametrize("executor", ["auto", "thread", "process", "serial"])
def test_a_trainer_that_is_dropped_gives_all_back_with_a_word(executor):
    gc.collect()
    before, threads = held(), set(threading.enumerate())
    trainer = Trainer(network(), SGD(), FEATURES, LABELS, executor=executor, workers=2)
    trainer.run(0, 0, trainer.steps, 0.1)
    with pytest.warns(ResourceWarning, match="a Trainer was not closed"):
        del trainer
    assert held() == before
    deadline = time.monotonic() + 10
    while set(threading.enumerate()) - threads:
        assert time.monotonic() < deadline, "threads outlive the trainer"
        time.sleep(0.01)


def test_closing_twice_is_closing_once():
    before = held()
    trainer = Trainer(network(), SGD(), FEATURES, LABELS, executor="auto", workers=2)
    net = trainer.network
    trainer.close()
    trainer.close()
    del trainer
    assert held() == before
    assert np.isfinite(net.parameters).all()
