"""A training as its workers see it: segments of steps, carried out together.

A `Job` is all that one worker needs, on arrays that all workers share. A `Setup` is what another
process needs to make itself one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .. import memory
from ..layers.layer import Layer
from ..settings import Settings
from ..step.cuts import share
from ..step.kernels import Piece
from ..step.plan import Plan


@dataclass(frozen=True)
class Segment:
    """Steps [start, stop) of an epoch, each with its rate; workers hand it on."""

    epoch: int
    start: int
    stop: int
    rates: tuple[float, ...]
    previous: float  # learning rate of the step before the segment
    count: int  # steps done before the segment, in all epochs


class Job:
    """The steps of a training, shared out among any number of workers."""

    def __init__(
        self,
        layers: tuple[Layer, ...],
        settings: Settings,
        arrays: dict[str, np.ndarray],
        features: np.ndarray,
        batch: int,
    ) -> None:
        self.control = arrays["control"]
        self._plan = Plan(layers, settings, arrays, features)
        self._settings, self._batch, self._order = settings, batch, arrays["order"]
        dtype = arrays["parameters"].dtype
        self._number = lru_cache(16)(lambda number: np.array(number, dtype))
        self._bound: dict[tuple[int, ...], list[list[Piece]]] = {}

    def work(
        self,
        segment: Segment,
        first: int,
        last: int,
        worker: int = 0,
        workers: int = 1,
        wait: Callable[[], None] = lambda: None,
    ) -> None:
        """A worker's share of steps [first, last) of a segment; wait() meets the others."""
        with np.errstate(all="ignore"):  # the loss shows whether numbers are still finite
            for phase in self._gather(segment, first, worker, workers):
                for piece in phase:
                    piece()
                wait()
            for step in range(first, last):
                for phase in self._step(segment, step, step + 1 < last, worker, workers):
                    for piece in phase:
                        piece()
                    wait()

    def _step(
        self, segment: Segment, step: int, more: bool, worker: int, workers: int
    ) -> list[list[Piece]]:
        """The worker's pieces of a step, phase by phase; what they read is set.

        more: gather the batch of the next step, too.
        """
        now, rows, optimizer = self._plan.now, len(self._rows(step)), self._settings.optimizer
        done = step - segment.start
        lr, previous = segment.rates[done], segment.rates[done - 1] if done else segment.previous
        numbers = optimizer.coefficients(lr, previous, segment.count + done)
        now.epoch, now.step, now.count = segment.epoch, step, segment.count + done
        now.rows = self._rows(step + 1)
        now.scale = self._number(optimizer.scale(lr) / rows)
        now.clip = optimizer.scale(lr) * self._settings.clip
        now.coefficients = tuple(map(self._number, numbers))
        following = len(now.rows) if more else 0
        key = rows, following, step % 2, worker, workers
        if key not in self._bound:
            phases = self._plan.phases(rows, following, step % 2)
            self._bound[key] = [share(phase, workers)[worker] for phase in phases]
        return self._bound[key]

    def _gather(self, segment: Segment, step: int, worker: int, workers: int) -> list[list[Piece]]:
        """The worker's pieces that gather the batch of a step, the first one; once a segment."""
        now = self._plan.now
        now.epoch, now.rows = segment.epoch, self._rows(step)
        phases = self._plan.gather(len(now.rows), step % 2)
        return [share(phase, workers)[worker] for phase in phases if phase]

    def _rows(self, step: int) -> np.ndarray:
        return self._order[step * self._batch : (step + 1) * self._batch]


@dataclass(frozen=True)
class Setup:
    """What a process must know to make a Job of its own: plain data, small.

    block: path of the shared block; shapes: what lies in it. features: their place in a mapped
    file, or None when they lie in the block. token: of one trainer among others.
    """

    token: str
    block: str
    shapes: memory.Shapes
    features: memory.Place | None
    layers: tuple[Layer, ...]
    settings: Settings
    batch: int

    def attach(self) -> Job:
        """The Job, on the arrays of the process that made the setup."""
        arrays = memory.carve(memory.attach(self.block), self.shapes)
        features = memory.open_place(*self.features) if self.features else arrays["features"]
        return Job(self.layers, self.settings, arrays, features, self.batch)
