"""Workers: the same bits from any of them, and nobody left waiting when one of them fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from stages.neuralnet import SGD, Inputs, Trainer, workers
from stages.neuralnet.auto import EXECUTORS, make_team
from stages.neuralnet.barrier import Aborted
from stages.neuralnet.processor import OneBlasThread
from stages.neuralnet.team import Alone, Team, process_pool, thread_pool

from .data import examples, network
from .failing import FailsInCaller, FailsInHelper, InterruptsCaller, KillsHelper

ROOT = Path(__file__).parents[3]
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

    assert isinstance(make_team(Inline(), 4), Alone)
    assert train(Inline(), 4) == expected


def test_threads_may_map_what_processes_map(expected, monkeypatch):
    mapped = partial(Team, executor=thread_pool, shared=True)
    monkeypatch.setitem(EXECUTORS, "mapped", mapped)
    assert train("mapped", 2) == expected


def test_a_process_leaves_ctrl_c_to_its_parent_and_looks_after_it(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    try:
        workers.prepare_process()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
        OneBlasThread().__exit__()
    workers.check_parent()
    workers.start()
    gone = SimpleNamespace(is_alive=lambda: False)
    monkeypatch.setattr("multiprocessing.parent_process", lambda: gone)
    with pytest.raises(Aborted, match="is gone"):
        workers.check_parent()


def failing_run(optimizer, executor, error, message=None):
    """Run into a failure; return the trainer's parameters after restoring and going on."""
    net = network(hidden=(300, 150))
    with Trainer(
        net, optimizer, FEATURES, LABELS, executor=executor, workers=3, batch=96
    ) as trainer:
        state = trainer.state()
        begin = time.monotonic()
        with pytest.raises(error, match=message) as caught:
            while True:  # helpers come in when they have started
                trainer.run(0, 0, trainer.steps, 0.1)
        assert time.monotonic() - begin < 20
        with pytest.raises(RuntimeError, match="restore"):
            trainer.state()
        trainer.restore(state)
    return caught.value


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_what_a_helper_raises_reaches_the_caller(executor, processes):
    pool = processes if executor == "process" else executor
    failing_run(FailsInHelper(), pool, ArithmeticError, "says a helper")
    assert train(pool, 3) == train("serial", 1)


@pytest.mark.parametrize("executor", ["thread", "process"])
@pytest.mark.parametrize(
    ("optimizer", "error"),
    [(FailsInCaller, ArithmeticError), (InterruptsCaller, KeyboardInterrupt)],
)
def test_when_the_caller_fails_helpers_leave(executor, optimizer, error, processes):
    pool = processes if executor == "process" else executor
    failing_run(optimizer(), pool, error)
    assert train(pool, 3) == train("serial", 1)


def test_a_killed_process_ends_the_run_and_the_next_one_starts_others(expected):
    net = network(hidden=(300, 150))
    options = {
        "executor": "process",
        "workers": 2,
        "batch": 96,
        "inputs": Inputs(standardization=STANDARD),
    }
    failing_run(KillsHelper(), "process", BrokenProcessPool)
    with Trainer(net, SGD(0.9, 1e-3), FEATURES, LABELS, **options) as trainer:
        state = trainer.state()
        while trainer._team._executor is None or not trainer._team.assembled():
            trainer.run(0, 0, 1, 0.1)
        for pid in trainer._team._executor._processes:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenProcessPool):
            while True:
                trainer.run(0, 0, 1, 0.1)
        trainer.restore(state)
        for epoch in range(2):
            trainer.run(epoch, 0, trainer.steps, 0.1 * 0.5**epoch)
    assert net.parameters.tobytes() == expected[0]


SCRIPT = """
import os, sys
import numpy as np
from stages.neuralnet import SGD, Network, Trainer

if __name__ == "__main__":
    features = np.random.default_rng(0).random((4000, 256), np.float32)
    labels = np.arange(4000) % 10
    network = Network.create(256, (512, 256), 10)
    with Trainer(network, SGD(), features, labels, workers=3, executor="process") as trainer:
        trainer.run(0, 0, trainer.steps, 1e-3)
        while not trainer._team.assembled():
            trainer.run(0, 0, 1, 1e-3)
        print(*trainer._team._executor._processes, flush=True)
        while True:
            trainer.run(0, 0, trainer.steps, 1e-3)
"""


def start_script(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, "-W", "error", tmp_path / "script.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    helpers = [int(pid) for pid in process.stdout.readline().split()]
    assert len(helpers) == 2
    time.sleep(0.1)
    return process, helpers


def gone(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return True
    return state == "Z"


def assert_gone(helpers):
    deadline = time.monotonic() + 10
    while not all(gone(pid) for pid in helpers):
        assert time.monotonic() < deadline, "helpers outlive the program"
        time.sleep(0.02)


def test_helpers_end_with_a_killed_program(tmp_path):
    process, helpers = start_script(tmp_path)
    process.kill()
    process.communicate(timeout=20)
    assert_gone(helpers)


def test_ctrl_c_is_one_interrupt(tmp_path):
    process, helpers = start_script(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode in (-signal.SIGINT, 130)
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "leaked" not in errors
    assert_gone(helpers)
