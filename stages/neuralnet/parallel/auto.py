"""The choice of workers, left to the program.

The caller begins alone. When there is enough to do, worker processes are started while it trains
on; when they are there, both ways are timed on real steps, and the faster one stays. The bits are
the same either way, so all that the choice can cost is a few steps.

A way counts by the best of its last few times: one that met a disturbance, on a machine that others
use, too, changes no mind, and a lasting one does. The way that is not taken gets a trial from time
to time: soon after a change of mind, then ever more rarely.
"""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor

from .job import Job, Segment, Setup
from .workers import Workers

WORTHWHILE = 0.3  # seconds of work alone that justify starting processes
TRIAL = 0.02  # seconds that a trial takes alone
PAUSES = 0.1, 10.0  # seconds between two trials: the first time, and at most
STRETCH = 0.5  # seconds of work at most between two looks at the clock
HANDSHAKE = 0.001  # seconds that it takes to call the helpers
REMEMBERED = 3  # times of each way


class Auto(Workers):
    """Processes that work together only where that is faster, made by `pool` when they may be."""

    def __init__(
        self,
        workers: int,
        pool: Callable[[int], Executor],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(workers, pool, shared=True)
        self._clock = clock
        self._possible, self._spent, self._met = True, 0.0, False
        self._times: dict[bool, deque[float]]  # seconds per step
        self._times = {way: deque(maxlen=REMEMBERED) for way in (False, True)}
        self._usual, self._pause, self._left = False, PAUSES[0], 0.0

    def prepare(self, make_job: Callable[[], Job], setup: Setup | None) -> None:
        try:
            super().prepare(make_job, setup)
        except (ValueError, TypeError, AttributeError, pickle.PicklingError):
            self._possible = False  # an optimizer that cannot be sent to processes
            super().prepare(make_job, None)

    def run(self, segment: Segment) -> None:
        first = segment.start
        while first < segment.stop:
            together, steps = self._choose(segment.stop - first)
            begin = self._clock()
            if together:
                self._learn(True, *self.run_together(segment, first, first + steps))
            else:
                self.run_alone(segment, first, first + steps)
                self._learn(False, steps, self._clock() - begin)
            self._spent += self._clock() - begin
            self._left -= self._clock() - begin
            first += steps

    def _choose(self, left: int) -> tuple[bool, int]:
        """Whether to take the next steps together, and how many of those that are left."""
        if not self._times[False]:
            return False, 1
        alone = min(self._times[False])
        trial = 1 + int(TRIAL / alone)
        if not self._ready():
            return False, min(left, trial)
        usual = self._usually()
        if self._left <= 0 and left >= trial:
            self._pause = min(2 * self._pause, PAUSES[1])
            self._left = self._pause
            return not usual, trial
        steps = min(left, 1 + int(STRETCH / min(self._times[usual])))
        saved = alone - min(self._times[True], default=alone)
        return usual and saved * steps > HANDSHAKE, steps

    def _usually(self) -> bool:
        """Whether a long run is faster together; a change of mind is to be tried again soon."""
        usual = bool(self._times[True]) and min(self._times[True]) < min(self._times[False])
        if usual != self._usual:
            self._usual, self._pause = usual, PAUSES[0]
            self._left = min(self._left, self._pause)
        return usual

    def _learn(self, together: bool, steps: int, seconds: float) -> None:
        """Take note of how long so many steps took."""
        if together and not self._met:  # helpers saw the arrays for the first time: worth nothing
            self._met, self._left = True, 0.0
        elif steps:
            self._times[together].append(seconds / steps)

    def _ready(self) -> bool:
        """Whether helpers are there; they are started when there seems to be enough to do."""
        if not self._possible or self._spent < WORTHWHILE:
            return False
        try:
            self.start()
            return self.started()
        except Exception:  # each system has its own way to say that it has no processes
            self.pool.drop()
            self._possible = False
            return False
