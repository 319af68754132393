"""Workers that fail, are killed or interrupted: nobody is left waiting, and the bits stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from stages.neuralnet import SGD, Inputs, Trainer
from stages.neuralnet.parallel.executors import process_pool

from ..data import network
from ..failing import FailsInCaller, FailsInHelper, InterruptsCaller, KillsHelper
from .test_workers import FEATURES, LABELS, STANDARD, train

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def processes():
    with process_pool(2) as pool:
        yield pool


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


@pytest.mark.long
def test_a_killed_process_ends_the_run_and_the_next_one_starts_others():
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
        while (
            trainer._engine.workers.pool.executor is None or not trainer._engine.workers.started()
        ):
            trainer.run(0, 0, 1, 0.1)
        for pid in trainer._engine.workers.pool.executor._processes:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenProcessPool):
            while True:
                trainer.run(0, 0, 1, 0.1)
        trainer.restore(state)
        for epoch in range(2):
            trainer.run(epoch, 0, trainer.steps, 0.1 * 0.5**epoch)
    assert net.parameters.tobytes() == train("serial", 1)[0]


SCRIPT = """
import os, sys
import numpy as np
from stages.neuralnet import SGD, Network, Trainer

if __name__ == "__main__":
    started_by = os.getppid()
    features = np.random.default_rng(0).random((4000, 256), np.float32)
    labels = np.arange(4000) % 10
    network = Network.create(256, (512, 256), 10)
    with Trainer(network, SGD(), features, labels, workers=3, executor="process") as trainer:
        trainer.run(0, 0, trainer.steps, 1e-3)
        while not trainer._engine.workers.started():
            trainer.run(0, 0, 1, 1e-3)
        print(*trainer._engine.workers.pool.executor._processes, flush=True)
        while os.getppid() == started_by:  # not for ever, where the tests themselves are killed
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
    deadline = time.monotonic() + 10  # one may have answered for both
    while not all(ignores_interrupt(pid) for pid in helpers):
        assert time.monotonic() < deadline, "helpers do not start"
        time.sleep(0.02)
    time.sleep(0.1)
    return process, helpers


def ignores_interrupt(pid):
    """Whether a helper has done what it does first; where that is not to be seen, it has."""
    try:
        _, _, mask = Path(f"/proc/{pid}/status").read_text().partition("SigIgn:")
    except OSError:
        return True
    return int(mask.split()[0], 16) >> signal.SIGINT - 1 & 1


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


@pytest.mark.long
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
