"""Workers: the same bits from any of them, and nobody left waiting when one of them fails."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from stages.neuralnet import SGD, Inputs, Trainer
from stages.neuralnet.parallel import worker
from stages.neuralnet.parallel.barrier import Aborted
from stages.neuralnet.parallel.executors import EXECUTORS, make_workers, process_pool, thread_pool
from stages.neuralnet.parallel.workers import Serial, Workers
from stages.neuralnet.processor import OneBlasThread

from ..data import examples, network

ROOT = Path(__file__).parents[4]
FEATURES, LABELS = examples(330)
STANDARD = np.stack([FEATURES.mean(axis=0), 1 / FEATURES.std(axis=0)])


@pytest.fixture(scope="module")
def processes():
    with process_pool(7) as pool:
        yield pool


def train(executor, number, features=FEATURES, epochs=2, **options):
    net = network(hidden=(300, 150))
    options = {"batch": 96, "inputs": Inputs(standardization=STANDARD)} | options
    with Trainer(net, SGD(0.9, 1e-3), features, LABELS, executor=executor, workers=number,
                 **options) as trainer:  # fmt: skip
        for epoch in range(epochs):
            trainer.run(epoch, 0, 3, 0.1 * 0.5**epoch)
            trainer.run(epoch, 3, trainer.steps, 0.1 * 0.5**epoch)
        return net.parameters.tobytes(), trainer.totals, trainer.state()["slots"].tobytes()


@pytest.fixture(scope="module")
def expected():
    return train("serial", 1)


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("executor", ["serial", "thread", "process"])
def test_bits_do_not_depend_on_the_workers(executor, workers, processes, expected):
    assert train(processes if executor == "process" else executor, workers) == expected


def test_processes_map_a_mapped_file(processes, expected, tmp_path):
    np.save(tmp_path / "f.npy", np.concatenate([FEATURES[:5], FEATURES]))
    assert train(processes, 2, np.load(tmp_path / "f.npy", mmap_mode="r")[5:]) == expected


@pytest.mark.parametrize("change", ["written to", "replaced", "deleted"])
def test_a_mapped_file_that_is_no_longer_what_was_mapped(processes, expected, tmp_path, change):
    path = tmp_path / "f.npy"
    np.save(path, FEATURES + 1 if change == "written to" else FEATURES)
    features = np.load(path, mmap_mode="c" if change == "written to" else "r")
    if change == "written to":
        features -= 1
        assert not np.array_equal(np.load(path), FEATURES)
        expected = train("serial", 1, np.asarray(features).copy())
    elif change == "replaced":
        np.save(tmp_path / "g.npy", FEATURES * 2)
        os.replace(tmp_path / "g.npy", path)
    else:
        path.unlink()
    assert train(processes, 2, features) == expected


def test_a_mapped_file_may_be_replaced_while_a_trainer_uses_it(processes, expected, tmp_path):
    np.save(tmp_path / "f.npy", FEATURES)
    np.save(tmp_path / "g.npy", FEATURES * 2)
    net = network(hidden=(300, 150))
    options = {"batch": 96, "inputs": Inputs(standardization=STANDARD), "workers": 2}
    mapped = np.load(tmp_path / "f.npy", mmap_mode="r")
    with Trainer(net, SGD(0.9, 1e-3), mapped, LABELS, executor=processes, **options) as trainer:
        os.replace(tmp_path / "g.npy", tmp_path / "f.npy")
        for epoch in range(2):
            trainer.run(epoch, 0, trainer.steps, 0.1 * 0.5**epoch)
    assert net.parameters.tobytes() == expected[0]


def blas_threads():
    return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")


def test_processes_of_the_caller_give_the_same_bits_on_one_blas_thread_each():
    features, labels = examples(1000, inputs=600)
    wide = {"inputs": 600, "hidden": (512, 256)}
    nets = [network(**wide), network(**wide)]
    with ProcessPoolExecutor(1, multiprocessing.get_context("forkserver")) as pool:
        before = pool.submit(blas_threads).result()
        for net, executor in zip(nets, ("serial", pool), strict=True):
            with Trainer(net, SGD(), features, labels, batch=500, workers=2, executor=executor,
                         order=lambda epoch: np.arange(1000)) as trainer:  # fmt: skip
                for epoch in range(4):
                    trainer.run(epoch, 0, trainer.steps, 0.05)
        assert pool.submit(blas_threads).result() == before  # as it was
    assert nets[0].parameters.tobytes() == nets[1].parameters.tobytes()


def test_a_pool_is_started_while_the_caller_trains(expected):
    assert train("process", 2) == expected


def test_an_executor_with_too_few_workers_does_no_harm(expected):
    with ThreadPoolExecutor(1) as pool:
        assert train(pool, 3) == expected


def test_an_executor_of_another_kind_is_left_alone(expected):
    class Inline(Executor):
        def submit(self, call, *arguments, **options):
            future = Future()
            future.set_result(call(*arguments, **options))
            return future

    assert isinstance(make_workers(Inline(), 4), Serial)
    assert train(Inline(), 4) == expected


def test_threads_may_map_what_processes_map(expected, monkeypatch):
    mapped = partial(Workers, executor=thread_pool, shared=True)
    monkeypatch.setitem(EXECUTORS, "mapped", mapped)
    assert train("mapped", 2) == expected


def test_a_process_leaves_ctrl_c_to_its_parent_and_looks_after_it(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    try:
        worker.prepare_process()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
        OneBlasThread().__exit__()
    worker.check_parent()
    worker.arrive()
    gone = SimpleNamespace(is_alive=lambda: False)
    monkeypatch.setattr("multiprocessing.parent_process", lambda: gone)
    with pytest.raises(Aborted, match="is gone"):
        worker.check_parent()
