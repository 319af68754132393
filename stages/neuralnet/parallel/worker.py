"""What a helper does: its share of a segment of steps, in a thread or in a process of its own.

The caller of the trainer is worker 0. The others, its helpers, are called through an executor once
per segment (`_help`):

    a helper raises its ready flag, and waits for GO
    worker 0 trains alone until all are ready, writes FIRST, the step where they come in, then GO
    all carry out the steps from FIRST on, and meet at a barrier after every phase

so no time is lost on helpers that are late, and an executor with too few of them does no harm.

A worker that fails raises the abort flag, and the others leave at the next barrier; the error comes
back through the helper's future. A helper whose parent process is gone leaves, too.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading

from ..processor import OneBlasThread
from .barrier import ABORT, FIRST, GO, Aborted, Barrier, fence, ready_word, wait_until
from .job import Job, Segment, Setup


def _help(
    job: Job, segment: Segment, last: int, number: int, worker: int, workers: int, spin: bool
) -> None:
    """A helper's part of a segment, up to step `last`. number: of this call."""
    control: memoryview[int] = job.control.data
    try:
        control[ready_word(worker)] = number
        wait_until(lambda: control[GO] == number, control, check_parent)
        fence()
        first = control[FIRST]
        if first < last:
            barrier = Barrier(job.control, worker, workers, check_parent, spin)
            job.work(segment, first, last, worker, workers, barrier.wait)
    except BaseException:
        control[ABORT] = 1
        raise


def check_parent() -> None:
    """Raise when the process that started this one is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        raise Aborted("the process that trains is gone")


def help_in_thread(
    job: Job, segment: Segment, last: int, number: int, worker: int, workers: int
) -> None:
    """`_help` in a thread, which does not spin: others wait for the interpreter lock."""
    _help(job, segment, last, number, worker, workers, spin=False)


_latest: tuple[str, Job] | None = None  # of the trainer that this process worked for last


def help_from_process(
    setup: Setup, segment: Segment, last: int, number: int, worker: int, workers: int
) -> None:
    """`_help` in a process, which maps the arrays of the trainer when it first works for it."""
    global _latest
    if _latest is None or _latest[0] != setup.token:
        _latest = setup.token, setup.attach()
    with OneBlasThread():  # which processes of the caller's executor have not entered for good
        _help(_latest[1], segment, last, number, worker, workers, spin=True)


def prepare_process() -> None:
    """What a process does first: Ctrl-C is its parent's business, and it ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    OneBlasThread().__enter__()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def arrive() -> None:
    """Nothing; when a worker has done it, the worker has started."""
