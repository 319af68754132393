"""Workers: the caller alone, or the caller with helpers from a `concurrent.futures` executor.

    prepare(make_job, setup)   make_job() gives a worker its Job; processes make theirs from setup
    run(segment)               carry out a segment of steps
    close(wait)                end what was started; wait: until it has ended

The caller is worker 0, the helpers are the others. Processes give exact results whatever happens to
them: one that is killed ends the run with an error, and the next run starts others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool

from .barrier import ABORT, FIRST, GO, Aborted, Barrier, counter_word, fence, ready_word, relax
from .job import Job, Segment, Setup
from .main_module import needs_main
from .pool import Pool
from .worker import help_from_process, help_in_thread

PATIENCE = 0.005  # seconds that helpers get to show up before the caller trains on alone


class Serial:
    """Worker 0, and no one else."""

    workers, shared = 1, False

    def prepare(self, make_job: Callable[[], Job], setup: Setup | None) -> None:
        self._job: Job | None = make_job()

    def run(self, segment: Segment) -> None:
        assert self._job is not None, "closed"
        self._job.work(segment, segment.start, segment.stop)

    def close(self, wait: bool = True) -> None:
        self._job = None


class Workers:
    """Worker 0 and workers - 1 helpers.

    executor: one that its owner closes, or a function that makes one for a number of helpers, which
    is shut down with the trainer. shared: whether helpers are processes, and see nothing but memory
    made for sharing.
    """

    def __init__(
        self, workers: int, executor: Executor | Callable[[int], Executor], shared: bool
    ) -> None:
        self.workers, self.shared = workers, shared
        self.pool, self._number = Pool(executor, workers - 1), 0

    def prepare(self, make_job: Callable[[], Job], setup: Setup | None) -> None:
        self._setup = setup
        self.pool.imports_main = self.shared and needs_main(setup)
        self._jobs = [make_job() for _ in range(1 if self.shared else self.workers)]
        self._control: memoryview[int] = self._jobs[0].control.data

    def run(self, segment: Segment) -> None:
        self.start()
        self.run_together(segment, segment.start, segment.stop)

    def start(self) -> None:
        """Start the helpers, without waiting for them."""
        self.pool.start()

    def started(self) -> bool:
        """Whether the helpers have started; raises if they could not."""
        return self.pool.started()

    def run_alone(self, segment: Segment, first: int, last: int) -> None:
        """Steps [first, last) of the segment, without helpers."""
        self._jobs[0].work(segment, first, last)

    def run_together(self, segment: Segment, first: int, last: int) -> tuple[int, float]:
        """Steps [first, last) of the segment: alone until the helpers are there, then with them.

        Returns how many steps were taken with them, and the seconds that these took.
        """
        while first < last and not self.started():
            self.run_alone(segment, first, first + 1)
            first += 1
        if first == last:
            return 0, 0.0
        futures: list[Future[None]] = []
        failure: BaseException | None = None
        self._number += 1
        self._control[ABORT] = 0
        for worker in range(self.workers):
            self._control[counter_word(worker)] = 0
        fence()
        try:
            futures += [self._call(worker, segment, last) for worker in range(1, self.workers)]
            first = self._train_until_ready(segment, first, last, futures)
            self._control[FIRST] = first
            fence()
            self._control[GO] = self._number
            begin = time.perf_counter()
            if first < last:
                job = self._jobs[0]
                check = lambda: _check(futures)  # noqa: E731
                barrier = Barrier(job.control, 0, self.workers, check, spin=self.shared)
                job.work(segment, first, last, 0, self.workers, barrier.wait)
            seconds = time.perf_counter() - begin
        except BaseException as error:
            self._control[ABORT] = 1
            failure = error
        self._join(futures, failure)
        return last - first, seconds

    def close(self, wait: bool = True) -> None:
        self.pool.close(wait)
        self._jobs = []
        self._control = memoryview(b"")

    def _call(self, worker: int, segment: Segment, last: int) -> Future[None]:
        call = segment, last, self._number, worker, self.workers
        if self.shared:
            return self.pool.submit(help_from_process, self._setup, *call)
        return self.pool.submit(help_in_thread, self._jobs[worker], *call)

    def _train_until_ready(
        self, segment: Segment, first: int, last: int, futures: list[Future[None]]
    ) -> int:
        """Wait a little for the helpers, then train on alone meanwhile; returns the next step."""
        deadline = time.perf_counter() + PATIENCE
        words = [ready_word(worker) for worker in range(1, self.workers)]
        while first < last and any(self._control[word] != self._number for word in words):
            _check(futures)
            if time.perf_counter() < deadline:
                relax()
            else:
                self.run_alone(segment, first, first + 1)
                first += 1
        return first

    def _join(self, futures: list[Future[None]], failure: BaseException | None) -> None:
        """Wait until no helper touches the arrays any more; raise what went wrong, once."""
        for future in futures:
            future.cancel()
        wait(futures)
        found = [future.exception() for future in futures if not future.cancelled()]
        errors = [error for error in (failure, *found) if error is not None]
        if any(isinstance(error, BrokenProcessPool) for error in errors):
            self.pool.drop()
        # That a worker left because of another one is only reported when nothing else is.
        for error in sorted(errors, key=lambda error: isinstance(error, Aborted)):
            raise error


def _check(futures: list[Future[None]]) -> None:
    if any(future.done() and future.exception() for future in futures):
        raise Aborted("a helper has failed")
