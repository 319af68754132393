"""Where workers meet: a barrier of one counter per worker, in memory that all of them see.

A worker that arrives raises its own counter and waits until the others have come as far. Nobody
writes what another one writes, so no lock is needed, and each counter has cache lines of its own.
Waiting begins as a brief spin, for the others are usually microseconds away; then it yields the
processor; then it sleeps, in growing pauses. With more workers than cores those who wait make room
almost at once. Where each has a core of its own they had better not: on a machine that others use,
too, who yields his core may not get it back for milliseconds.

What is relied on: aligned 8-byte stores are not torn (x86-64, ARM64), and `fence`: who sees a store
after it sees all stores before it. x86-64 keeps stores in order by itself; on ARM64 releasing a
lock and then taking it does (a store-release and a load-acquire, which stay in order).

A worker that fails raises the abort flag; the others see it while they wait: `Aborted`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import numpy as np

from ..processor import cores

WORDS = 16  # 128 bytes of int64: two cache lines, for some processors fetch them in pairs
ABORT, GO, FIRST, COUNTERS = (WORDS * line for line in range(4))
SPINS = 20_000  # about 800 µs: longer than a worker of those that fit on the cores is late
FEW_SPINS = 200
YIELDS = 400  # about 400 µs
LONGEST_PAUSE = 0.002  # seconds


class Aborted(Exception):
    """Another worker has failed, or is gone."""


def control_words(workers: int) -> int:
    """Length of the int64 array for the flags, and for a counter and a ready flag per worker."""
    return COUNTERS + 2 * workers * WORDS


def counter_word(worker: int) -> int:
    """Where a worker counts the barriers that it has come to."""
    return COUNTERS + 2 * worker * WORDS


def ready_word(worker: int) -> int:
    """Where a worker says that it is there."""
    return counter_word(worker) + WORDS


class Barrier:
    """The barrier as one worker of several sees it.

    control: int64 (control_words,); counters start at 0. check() is called now and then while
    waiting, and raises when that has become pointless. spin: False for threads, for who spins holds
    the interpreter lock that the others wait for.
    """

    def __init__(
        self,
        control: np.ndarray,
        worker: int,
        workers: int,
        check: Callable[[], None],
        spin: bool,
    ) -> None:
        self._control: memoryview[int] = control.data
        self._mine = counter_word(worker)
        self._others = [counter_word(other) for other in range(workers) if other != worker]
        self._check, self._count = check, 0
        self._spins = 0 if not spin else SPINS if workers <= cores() else FEW_SPINS

    def wait(self) -> None:
        """Return when all workers have come here."""
        control = self._control
        self._count = count = self._count + 1
        fence()
        control[self._mine] = count
        for other in self._others:
            if control[other] < count:
                self._wait_for(other, count)
        fence()

    def _wait_for(self, other: int, count: int) -> None:
        control = self._control
        for _ in range(self._spins):
            if control[other] >= count:
                return
        wait_until(lambda: control[other] >= count, control, self._check)


def wait_until(
    condition: Callable[[], bool], control: memoryview, check: Callable[[], None]
) -> None:
    """Wait, at first briefly, then in growing pauses; Aborted when the abort flag is up."""
    for _ in range(YIELDS):
        if condition():
            return
        relax()
    pause = 1e-5
    while not condition():
        if control[ABORT]:
            raise Aborted("another worker has failed")
        check()
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


_held = threading.local()


def fence() -> None:
    """Memory accesses before this call come before those after it."""
    try:
        lock = _held.lock
    except AttributeError:
        lock = _held.lock = threading.Lock()
        lock.acquire()
    lock.release()
    lock.acquire()


def relax() -> None:
    """Let somebody else run, on the processor and in the interpreter."""
    _yield()


# A sleep takes some 80 µs on Linux, however short it is meant to be.
_yield = getattr(os, "sched_yield", lambda: time.sleep(0))
