"""Tasks in real processes, in threads, and in none."""

from __future__ import annotations

import multiprocessing
import operator
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.errors import DataError, UserError
from pipeline.executors.placement import Placement
from pipeline.executors.tasks import completed

PROCESSES = Placement("process", 2)


def fail(message: str) -> None:
    raise DataError(message)


def end_itself(file: str) -> None:
    Path(file).touch()
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(file: str) -> None:
    Path(file).touch()
    time.sleep(60)


@pytest.mark.parametrize("executor", ["serial", "thread", "process"])
def test_each_task_is_done_and_known_by_its_key(executor):
    tasks = {number: (number, number) for number in range(7)}
    found = dict(completed(operator.mul, tasks, Placement(executor, 2)))
    assert found == {number: number**2 for number in range(7)}
    assert dict(completed(operator.mul, {}, Placement(executor))) == {}


def test_an_executor_of_the_callers_stays_open():
    with ThreadPoolExecutor(2) as pool:
        assert dict(completed(operator.mul, {"a": (2, 3)}, Placement(pool, 2))) == {"a": 6}
        assert pool.submit(int, "1").result() == 1


@pytest.mark.parametrize("placement", [PROCESSES, Placement("serial")])
def test_an_error_of_a_task_is_raised_as_it_is(placement):
    with pytest.raises(DataError, match="what was found"):
        list(completed(fail, {"a": ("what was found",)}, placement))
    assert multiprocessing.active_children() == []


def test_a_killed_process_is_reported(tmp_path):
    with pytest.raises(UserError, match=r"one was killed, for want of memory perhaps; .*--jobs"):
        list(completed(end_itself, {"a": (str(tmp_path / "a"),)}, PROCESSES))
    assert multiprocessing.active_children() == []


def test_who_stops_listening_ends_the_processes(tmp_path):
    tasks = {"slow": (str(tmp_path / "slow"),)}
    started = time.monotonic()

    def interrupt(signum, frame):
        raise KeyboardInterrupt

    def wait_and_listen():
        with closing(completed(sleep, tasks, PROCESSES)) as results:
            previous = signal.signal(signal.SIGALRM, interrupt)
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            try:
                list(results)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, previous)

    with pytest.raises(KeyboardInterrupt):
        wait_and_listen()
    assert time.monotonic() - started < 20
    assert multiprocessing.active_children() == []
