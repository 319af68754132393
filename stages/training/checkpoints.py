"""Checkpoints: how long to work before looking up, and how often to save a training's state.

Workers run a segment of steps without coming back; a quarter of a second of it is short enough for
a bar to move and for Ctrl-C to be heard, and long enough to cost nothing. A state is saved when as
much time has passed that saving costs about one percent of it. Neither changes any bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SEGMENT_SECONDS = 0.25
SAVING_SHARE = 0.01
FIRST_SAVE_SECONDS = 1.0


class CheckpointPolicy:
    """Chooses segment lengths and the moments to save from what both have taken so far."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._saved = clock()
        self._pause = FIRST_SAVE_SECONDS
        self._steps = 1

    def segment(self, work: Callable[[int], None], most: int) -> int:
        """Call `work(steps)` with a number of steps, at most `most`, and return it."""
        steps = min(self._steps, most)
        started = self._clock()
        work(steps)
        seconds = max(self._clock() - started, 1e-6)
        fitting = int(steps * SEGMENT_SECONDS / seconds)
        self._steps = min(max(fitting, 1), 4 * self._steps)
        return steps

    def save_if_due(self, save: Callable[[], None]) -> None:
        """Call `save` where its share of the time since the last one is small enough."""
        started = self._clock()
        if started - self._saved < self._pause:
            return
        save()
        self._saved = self._clock()
        self._pause = max((self._saved - started) / SAVING_SHARE, FIRST_SAVE_SECONDS)
