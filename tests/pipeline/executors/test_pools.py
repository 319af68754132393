"""One behaviour behind every name; workers that leave nothing behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from pipeline.errors import ConfigError
from pipeline.executors.placement import EXECUTORS, Placement
from pipeline.executors.pools import POOLS, SerialExecutor, make_executor, shares_memory
from pipeline.executors.processes import FILES_AT_FIRST


def blas_threads():
    import numpy  # noqa: F401

    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


def square(number):
    return number * number


def fail(number):
    raise ValueError(f"no {number}")


def interrupt_ignored():
    os.kill(os.getpid(), signal.SIGINT)
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.parametrize("name", POOLS)
def test_every_executor(name):
    before = blas_threads()
    with make_executor(name, 2) as executor:
        assert list(executor.map(square, range(5))) == [0, 1, 4, 9, 16]
        failed = executor.submit(fail, 3)
        assert str(failed.exception()) == "no 3"
        with pytest.raises(ValueError, match="no 3"):
            failed.result()
        assert executor.submit(int, "11", base=2).result() == 3
        assert executor.submit(blas_threads).result() == ({1} if name == "process" else before)
        assert blas_threads() == before
    with pytest.raises(RuntimeError, match="cannot schedule new futures"):
        executor.submit(square, 1)
    assert blas_threads() == before
    executor.shutdown()


@pytest.mark.parametrize("killed", [0, 1])
def test_a_worker_that_is_killed_is_noticed_whichever_it_is(killed):
    with make_executor("process", 2) as executor:
        tasks = [(time.sleep, 30), (signal.raise_signal, signal.SIGKILL)]
        futures = [executor.submit(*task) for task in (tasks if killed else tasks[::-1])]
        with pytest.raises(BrokenProcessPool):
            futures[killed].result(timeout=20)
        executor.kill()


def test_names():
    assert (*POOLS, "dask") == EXECUTORS
    with pytest.raises(ConfigError, match=r"expected one of serial, .*, found 'gpu'"):
        Placement("gpu")
    for none in (SerialExecutor, object(), 3):
        with pytest.raises(ConfigError, match="that is made, found"):
            Placement(none)
    with pytest.raises(ConfigError, match="--cluster: expected --executor dask beside it, found"):
        Placement("thread", cluster="tcp://127.0.0.1:1")


@pytest.mark.parametrize("name", ["thread", "process"])
def test_an_executor_that_cannot_be_made_limits_nothing(name):
    before = blas_threads()
    with pytest.raises(ValueError, match="must be greater than 0"):
        make_executor(name, 0)
    assert blas_threads() == before


def test_a_serial_task_can_be_interrupted():
    def interrupt():
        raise KeyboardInterrupt

    with SerialExecutor() as executor, pytest.raises(KeyboardInterrupt):
        executor.submit(interrupt)


def test_who_shares_memory():
    shared = {}
    for name in POOLS:
        with make_executor(name, 1) as executor:
            shared[name] = shares_memory(executor)
    assert shared == {"serial": True, "thread": True, "process": False}


def test_worker_processes_ignore_an_interrupt():
    with make_executor("process", 1) as executor:
        assert executor.submit(interrupt_ignored).result()


def test_worker_processes_where_there_is_no_fork_server(monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    with make_executor("process", 1) as executor:
        assert executor.submit(square, 3).result() == 9


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # ended, though nobody has asked for its status


def test_workers_end_with_a_parent_that_is_killed():
    code = (
        "import os, time; from pipeline.executors.pools import make_executor\n"
        "executor = make_executor('process', 1)\n"
        "print(executor.submit(os.getpid).result(), flush=True)\n"
        "executor.submit(time.sleep, 60)\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    assert alive(worker)
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 10
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(worker)


def test_an_interrupt_while_workers_start_is_reported_once():
    code = (
        "import os, signal; from pipeline.executors.pools import make_executor\n"
        "try:\n"
        "    with make_executor('process', 2) as executor:\n"
        "        futures = [executor.submit(abs, -i) for i in range(4)]\n"
        "        print('now', flush=True)\n"
        "        futures[0].result()\n"
        "        signal.pause()\n"
        "except KeyboardInterrupt: print('interrupted')"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    parent.stdout.readline()
    time.sleep(0.05)
    os.killpg(parent.pid, signal.SIGINT)  # as a terminal does: to all of them
    out, errors = parent.communicate(timeout=20)
    assert (out, errors) == ("interrupted\n", "")


def test_importing_executors_does_not_import_multiprocessing():
    code = "import sys, pipeline.executors.pools; print('multiprocessing' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("number", [FILES_AT_FIRST - 3, FILES_AT_FIRST + 40])
def test_where_too_few_files_may_be_opened_no_process_begins(number):
    """A server or a worker that meets the limit ends with a traceback of its own."""
    text = (
        "import os, resource; from pipeline.executors.processes import start_context\n"
        "most = max(map(int, os.listdir('/dev/fd'))) + 1\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (most + {number}, most + {number}))\n"
        "try: process = start_context().Process(target=print); process.start(); process.join()\n"
        "except OSError as error: print(error.strerror)\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    words = "Too many open files\n" if number < FILES_AT_FIRST else "\n"
    assert (done.stdout, done.stderr, done.returncode) == (words, "", 0)
