"""Pools that follow one another: whose fault it is that a process was killed, and what goes on."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, wait
from pathlib import Path

import pytest

from pipeline.executors.lasting import LastingPool
from pipeline.executors.processes import ProcessExecutor

PATIENCE = 30.0


def double(number: int) -> int:
    return 2 * number


def die_beside(folder: str) -> None:
    """Is killed, once somebody else is at work."""
    deadline = time.monotonic() + PATIENCE
    while not any(Path(folder).iterdir()) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)


def at_work(folder: str, name: str, seconds: float) -> int:
    """Says that it is at work, and is for a while. Its process."""
    with open(f"{folder}/{name}", "a") as file:
        file.write("begun\n")
    time.sleep(seconds)
    return os.getpid()


def die_once(file: str) -> str:
    """Is killed, but not again."""
    if not Path(file).exists():
        Path(file).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


@pytest.fixture
def pool():
    made = LastingPool(lambda: ProcessExecutor(2))
    yield made
    made.kill()
    made.shutdown()


@pytest.mark.long
def test_whoever_dies_is_found_out_and_the_others_never_know(pool, tmp_path):
    guilty = pool.submit(die_beside, str(tmp_path))
    innocent = pool.submit(at_work, str(tmp_path), "innocent", 0.5)
    later = [pool.submit(double, number) for number in range(8)]
    with pytest.raises(BrokenExecutor, match="killed"):
        guilty.result(PATIENCE)
    assert innocent.result(PATIENCE) > 0
    assert [one.result(PATIENCE) for one in later] == [2 * number for number in range(8)]
    assert (tmp_path / "innocent").read_text() == "begun\n" * 2


@pytest.mark.whole
def test_a_task_is_tried_once_more(pool, tmp_path):
    assert pool.submit(die_once, str(tmp_path / "once")).result(PATIENCE) == "alive"
    (tmp_path / "here").touch()
    for _ in range(2):
        with pytest.raises(BrokenExecutor, match="killed"):
            pool.submit(die_beside, str(tmp_path)).result(PATIENCE)
    assert pool.submit(double, 4).result(PATIENCE) == 8


def test_a_pool_that_was_lost_while_it_had_nothing_to_do_is_made_anew(pool):
    assert pool.submit(double, 1).result(PATIENCE) == 2
    for process in list(pool._pool._processes.values()):
        process.kill()
        process.join()
    assert [pool.submit(double, n).result(PATIENCE) for n in (3, 4)] == [6, 8]


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.long
def test_the_end_comes_where_one_was_killed_that_waited_for_work(tmp_path, place):
    """One of those that wait has the lock of the queue, for good: nobody knows which."""
    pool = LastingPool(lambda: ProcessExecutor(2))
    both = [pool.submit(at_work, str(tmp_path), name, 0.2) for name in "ab"]
    os.kill([one.result(PATIENCE) for one in both][place], signal.SIGKILL)
    ending = threading.Thread(target=pool.shutdown, daemon=True)
    ending.start()
    ending.join(PATIENCE / 3)
    assert not ending.is_alive()


def test_where_no_other_pool_can_be_made_nobody_waits_for_it(tmp_path):
    (tmp_path / "here").touch()
    with LastingPool(lambda: ProcessExecutor(1)) as pool:
        pool._make = _no_more
        futures = [pool.submit(die_beside, str(tmp_path)), pool.submit(double, 1)]
        for future in (*futures, pool.submit(double, 2)):
            with pytest.raises(OSError, match="Too many open files"):
                future.result(PATIENCE)


def _no_more() -> ProcessExecutor:
    raise OSError("Too many open files")


def test_errors_are_those_of_the_task(pool):
    with pytest.raises(TypeError):
        pool.submit(double, None).result(PATIENCE)
    with pytest.raises(Exception, match="pickle"):
        pool.submit(double, threading.Lock()).result(PATIENCE)
    assert pool.submit(double, 4).result(PATIENCE) == 8


def test_the_end(tmp_path):
    pool = LastingPool(lambda: ProcessExecutor(1))
    first = pool.submit(at_work, str(tmp_path), "first", 0.2)
    pool.shutdown()
    assert first.done()
    pool.shutdown()  # again
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(double, 1)


def test_an_end_at_once_wakes_whoever_waits(tmp_path):
    pool = LastingPool(lambda: ProcessExecutor(1))
    begun = time.monotonic()
    futures = [pool.submit(at_work, str(tmp_path), name, 60.0) for name in "abc"]
    while not (tmp_path / "a").exists():
        time.sleep(0.01)
    assert not futures[0].cancel()
    pool.kill()
    last = pool.submit(double, 1)
    pool.shutdown()
    assert wait([*futures, last], PATIENCE).not_done == set()
    assert time.monotonic() - begun < PATIENCE
    for future in (*futures, last):
        with pytest.raises((BrokenExecutor, CancelledError)):
            future.result()


def test_what_was_cancelled_before_its_turn_is_not_begun(pool, tmp_path):
    (tmp_path / "here").touch()
    with pytest.raises(BrokenExecutor):
        pool.submit(die_beside, str(tmp_path)).result(PATIENCE)
    blocker = threading.Event()
    pool._tell(blocker.wait)
    future = pool.submit(at_work, str(tmp_path), "cancelled", 0.0)
    assert future.cancel()
    blocker.set()
    assert pool.submit(double, 4).result(PATIENCE) == 8
    assert not (tmp_path / "cancelled").exists()


@pytest.mark.parametrize("named", ["_ExecutorManagerThread", "QueueFeederThread"])
def test_a_thread_that_cannot_be_started_is_waited_for_by_nobody(tmp_path, monkeypatch, named):
    """A limit on threads, met by the one that looks after processes, or that sends them tasks."""
    refused, start = [], threading.Thread.start

    def limited(thread):
        if named in (type(thread).__name__, thread.name) and len(refused) < 2:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    pool = LastingPool(lambda: ProcessExecutor(1))
    for name in ("first", "second"):
        with pytest.raises(RuntimeError, match="new thread"):
            pool.submit(at_work, str(tmp_path), name, 0).result(PATIENCE)
    assert pool.submit(at_work, str(tmp_path), "third", 0).result(PATIENCE)
    assert [path.name for path in tmp_path.iterdir()] == ["third"], "what was refused is not done"
    pool.shutdown()


def test_processes_end_that_nobody_looks_after(monkeypatch):
    def limited(thread):
        if type(thread).__name__ == "_ExecutorManagerThread":
            raise RuntimeError("can't start new thread")
        start(thread)

    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", limited)
    executor = ProcessExecutor(1)
    with pytest.raises(RuntimeError, match="new thread"):
        executor.submit(double, 1)
    (process,) = executor._processes.values()
    executor.shutdown()
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL
