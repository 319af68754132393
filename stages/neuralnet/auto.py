"""The choice of workers, left to the program.

The caller begins alone. When there is enough to do, worker processes are started while it trains
on; when they are there, both ways are timed on real steps, and the faster one stays. The bits are
the same either way, so all that the choice can cost is a few steps.
"""

from __future__ import annotations

import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from .processor import cores
from .team import Alone, Team, process_pool, thread_pool
from .work import Segment

WORTHWHILE = 0.3  # seconds of work alone that justify starting processes
TRIAL = 0.02  # seconds that a trial takes alone
HANDSHAKE = 0.001  # seconds that it takes to call the helpers


class Auto(Team):
    """A team of processes that works together only where that is faster."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers, process_pool, shared=True)
        self._step_alone: float | None = None  # seconds
        self._step_together: float | None = None
        self._spent, self._possible = 0.0, True

    def run(self, segment: Segment) -> None:
        first = segment.start
        while first < segment.stop:
            first = self._advance(segment, first)

    def _advance(self, segment: Segment, first: int) -> int:
        """Carry out some steps from `first` on; returns the next one."""
        left = segment.stop - first
        if self._step_together is not None:
            saved = (self._step_alone - self._step_together) * left
            way = self.together if saved > HANDSHAKE else self.alone
            way(segment, first, segment.stop)
            return segment.stop
        if self._ready() and left >= 3 * self._trial():
            return self._compare(segment, first)
        return self._time_alone(segment, first, min(left, self._trial()))

    def _ready(self) -> bool:
        """Whether helpers are there; they are started when there seems to be enough to do."""
        if not self._possible or self._spent < WORTHWHILE:
            return False
        try:
            self.summon()
            return self.assembled()
        except BrokenProcessPool:  # this system, or the way this program was started, has no place
            self._possible = False
            return False

    def _trial(self) -> int:
        return 1 if self._step_alone is None else 1 + int(TRIAL / self._step_alone)

    def _time_alone(self, segment: Segment, first: int, steps: int) -> int:
        begin = time.perf_counter()
        self.alone(segment, first, first + steps)
        seconds = time.perf_counter() - begin
        self._spent += seconds
        self._step_alone = min(self._step_alone or seconds, seconds / steps)
        return first + steps

    def _compare(self, segment: Segment, first: int) -> int:
        steps = self._trial()
        for _ in range(
            2
        ):  # helpers meet the arrays for the first time; only the second time counts
            begin = time.perf_counter()
            self.together(segment, first, first + steps)
            first += steps
        self._step_together = (time.perf_counter() - begin - HANDSHAKE) / steps
        return self._time_alone(segment, first, steps)


def make_team(executor: str | Executor, workers: int | None) -> Alone | Team:
    """The team for what the caller of the trainer asks for; ValueError for what is not known."""
    if workers is None:
        workers = cores()
    if type(workers) is not int or workers < 1:
        raise ValueError(f"workers: expected a whole number of at least 1, found {workers!r}")
    if isinstance(executor, Executor):
        if workers == 1 or not isinstance(executor, ProcessPoolExecutor | ThreadPoolExecutor):
            return Alone()
        return Team(workers, executor, shared=isinstance(executor, ProcessPoolExecutor))
    if executor not in EXECUTORS:
        known = ", ".join(EXECUTORS)
        raise ValueError(f"executor: expected {known} or an executor, found {executor!r}")
    return Alone() if workers == 1 else EXECUTORS[executor](workers)


EXECUTORS = {
    "auto": Auto,
    "serial": lambda workers: Alone(),
    "thread": lambda workers: Team(workers, thread_pool, shared=False),
    "process": lambda workers: Team(workers, process_pool, shared=True),
}
