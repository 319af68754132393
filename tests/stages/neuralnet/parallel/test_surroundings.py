"""However a program was started, and wherever it runs, it trains to the same bits, quietly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[4]
pytestmark = pytest.mark.long  # each starts a program

PREPARED = """
import hashlib, multiprocessing, os, resource, sys, threading, time, warnings
from dataclasses import dataclass
import numpy as np
from stages.neuralnet import SGD, Network, Trainer
from stages.neuralnet.parallel import auto
auto.WORTHWHILE = 0.0  # processes are wanted at once

def make(executor="auto", optimizer=None):
    features = np.random.default_rng(0).random((400, 64), np.float32)
    net = Network.create(64, (64, 32), 4)
    return Trainer(net, optimizer or SGD(), features, np.arange(400) % 4, batch=40, workers=2,
                   executor=executor)

def train(*arguments, wait=False):
    with make(*arguments) as trainer:
        workers, deadline = trainer._engine.workers, time.monotonic() + 20
        trainer.run(0, 0, 5, 0.1)
        while wait and not workers.started() and time.monotonic() < deadline:
            time.sleep(0.01)
        trainer.run(0, 5, 10, 0.1)
        return hashlib.sha256(trainer.network.parameters).hexdigest()

@dataclass(frozen=True)
class Mine(SGD):
    pass

"""


def run(*arguments, before=(), **options):
    """(standard output, standard error) of a program that ends well."""
    done = subprocess.run(
        [*before, sys.executable, "-W", "error::ResourceWarning", *arguments],
        capture_output=True, text=True, timeout=60, env=os.environ | {"PYTHONPATH": str(ROOT)},
        **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


@pytest.fixture(scope="module")
def expected():
    return run("-c", PREPARED + "print(train('serial'))")[0]


@pytest.fixture
def script(tmp_path):
    def start(code, *arguments, **options):
        (tmp_path / "script.py").write_text(PREPARED + code)
        return run(str(tmp_path / "script.py"), *arguments, **options)

    return start


UNGUARDED = "print(train('process', None, wait=True))"


def test_a_script_needs_no_main_guard(script, expected):
    assert script(UNGUARDED) == (expected, "")


def test_a_program_may_come_from_standard_input(expected):
    assert run("-", input=PREPARED + UNGUARDED) == (expected, "")


def test_an_optimizer_of_a_guarded_script_is_imported(script, expected):
    code = "if __name__ == '__main__':\n    print(train('process', Mine(), wait=True))"
    assert script(code) == (expected, "")


def test_an_optimizer_of_an_unguarded_one_trains_alone(script, expected, tmp_path):
    assert script("print(train('auto', Mine()))") == (expected, "")
    code = "try: train('process', Mine())\nexcept ValueError as error: print(error)"
    found, errors = script(code)
    assert found.startswith("executor: processes need what the program's main module defines")
    assert errors == ""


def test_an_optimizer_that_cannot_be_sent_trains_alone(script, expected):
    code = """
def local():
    class Local(SGD): pass
    return Local()
print(train("auto", local()))"""
    assert script(code) == (expected, "")


def test_a_daemonic_process_trains_alone(script, expected):
    code = """
with multiprocessing.get_context("fork").Pool(1) as pool:
    print(pool.apply(train))"""
    assert script(code) == (expected, "")


def test_without_semaphores_it_trains_alone(script, expected):
    code = """
import _multiprocessing
def missing(*_): raise OSError(38, "Function not implemented")
_multiprocessing.SemLock = missing
print(train("auto"))"""
    assert script(code) == (expected, "")


def test_without_memory_to_share_it_trains_alone(script, expected):
    code = """
def full(*_): raise OSError(28, "No space left on device")
os.memfd_create = full
print(train("auto"))"""
    assert script(code) == (expected, "")


def test_a_folder_for_temporary_files_that_is_not_there(expected, tmp_path, script, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    assert script("print(train('process', None, wait=True))") == (expected, "")
    code = """
import tempfile
tempfile._candidate_tempdir_list = lambda: []  # nor any other
print(train("auto"))"""
    assert script(code) == (expected, "")


# Limits are not for root: become somebody else, who may read what root may.
UNPRIVILEGED = ()
if os.getuid() == 0:
    powers = "+dac_read_search"
    UNPRIVILEGED = (
        "setpriv", "--reuid", "54321", "--clear-groups", "--inh-caps", powers, "--ambient-caps",
        powers,
    )  # fmt: skip


ALONE = pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.0.0",
    reason="the OpenBLAS of NumPy 1 interrupts a program that may start no thread",
)


@pytest.mark.skipif(UNPRIVILEGED and not shutil.which("setpriv"), reason="root without setpriv")
@pytest.mark.parametrize("limit", [pytest.param(1, marks=ALONE), 5, 9])
def test_under_a_limit_on_processes_it_trains_alone_or_with_some(script, expected, limit):
    code = f"""
resource.setrlimit(resource.RLIMIT_NPROC, ({limit}, {limit}))
print(train("auto"))"""
    assert script(code, before=UNPRIVILEGED) == (expected, "")


FORK = """
trainer = make(sys.argv[1])
trainer.run(0, 0, 5, 0.1)
while hasattr(trainer._engine.workers, "pool") and not trainer._engine.workers.started():
    trainer.run(0, 0, 1, 0.1)
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 has one for such a fork
child = os.fork()
if not child:
    print(trainer.evaluate(np.arange(400)).images, len(trainer.state()), flush=True)
    try:
        trainer.run(0, 5, 10, 0.1)
    except RuntimeError as error:
        print(str(error)[:45], flush=True)
    print(train("serial") != "", flush=True)
    trainer.close()
    os._exit(0)
print(os.waitpid(child, 0)[1])
before = trainer.network.parameters.copy()
trainer.run(0, 5, 10, 0.1)
print(np.array_equal(before, trainer.network.parameters))
trainer.close()
"""


@pytest.mark.parametrize("executor", ["auto", "thread"])
def test_a_fork_is_refused_and_does_not_hang(script, executor):

    found, errors = script(FORK, executor)
    lines = found.splitlines()
    assert lines == ["400 4", "a trainer cannot be used after a fork: expect", "True", "0", "False"]
    assert errors == ""


def test_a_fork_of_a_serial_trainer_is_on_its_own(script):
    found, errors = script(FORK, "serial")
    assert found.splitlines() == ["400 4", "True", "0", "False"]
    assert errors == ""
