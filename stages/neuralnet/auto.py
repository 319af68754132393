"""The choice of workers, left to the program.

The caller begins alone. When there is enough to do, worker processes are started while it trains
on; when they are there, both ways are timed on real steps, and the faster one stays. The bits are
the same either way, so all that the choice can cost is a few steps. It is made anew whenever the
chosen way has become slower than the other one was, as on a machine that others use, too; and from
time to time, ever more rarely, the other way gets another trial.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from .processor import cores
from .team import Alone, Team, process_pool, thread_pool
from .work import Segment

WORTHWHILE = 0.3  # seconds of work alone that justify starting processes
TRIAL = 0.02  # seconds that a trial takes alone
PAUSE = 1.0  # seconds from the first trial to the second
HANDSHAKE = 0.001  # seconds that it takes to call the helpers


class Auto(Team):
    """A team of processes that works together only where that is faster."""

    def __init__(self, workers: int, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__(workers, process_pool, shared=True)
        self._clock = clock
        self._possible, self._spent = True, 0.0
        self._alone: float | None = None  # seconds per step
        self._together: float | None = None
        self._pause = self._left = PAUSE  # seconds between trials, and up to the next one

    def run(self, segment: Segment) -> None:
        first = segment.start
        while first < segment.stop:
            together, steps = self._choose(segment.stop - first)
            work = self.together if together else self.alone
            begin = self._clock()
            work(segment, first, first + steps)
            self._learn(together, steps, self._clock() - begin)
            first += steps

    def _choose(self, left: int) -> tuple[bool, int]:
        """Whether to take the next steps together, and how many of those that are left."""
        trial = 1 if self._alone is None else 1 + int(TRIAL / self._alone)
        if left < trial or not self._ready():
            return self._pays(left), min(left, trial)
        if self._together is None:
            return True, trial
        if self._left <= 0:
            return not self._pays(left), trial
        soon = 1 + int(self._left / min(self._alone, self._together))
        return self._pays(left), min(left, soon)

    def _pays(self, steps: int) -> bool:
        """Whether so many steps are faster together, calling the helpers included."""
        if self._together is None:
            return False
        return (self._alone - self._together) * steps > HANDSHAKE

    def _learn(self, together: bool, steps: int, seconds: float) -> None:
        """Take note of how long so many steps took."""
        self._spent += seconds
        if self._left > 0:
            self._left -= seconds
        else:
            self._pause *= 2
            self._left = self._pause
        if not together:
            self._alone = seconds / steps
        elif self._together is None:
            self._together = self._alone / 2  # helpers met the arrays for the first time: a guess
        else:
            self._together = max(seconds - HANDSHAKE, 0.0) / steps

    def _ready(self) -> bool:
        """Whether helpers are there; they are started when there seems to be enough to do."""
        if not self._possible or self._spent < WORTHWHILE:
            return False
        try:
            self.summon()
            return self.assembled()
        except (BrokenProcessPool, OSError):  # processes cannot be started here, or by this program
            self._possible = False
            return False


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
