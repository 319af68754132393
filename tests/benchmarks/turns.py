"""Two ways to do a step, by turns: whatever else the machine does meets both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Go = Callable[[int], None]  # carries out so many steps
Pairs = list[tuple[float, float]]  # seconds of a step, of both, turn by turn

SECONDS = 0.25  # of a turn; as long as the program works without looking up
LEAD = 0.05  # seconds before it that do not count: what slept meanwhile wakes up


@dataclass(frozen=True)
class Way:
    """A way to do steps that is warm; took: seconds of one, about."""

    go: Go
    took: float


def warm_up(go: Go, seconds: float) -> Way:
    """Work for so long, in ever longer stretches, the last of which is timed."""
    steps, took, started = 1, 0.0, time.perf_counter()
    while not took or time.perf_counter() - started < seconds:
        begin = time.perf_counter()
        go(steps)
        took = (time.perf_counter() - begin) / steps
        steps = max(1, min(2 * steps, int(seconds / 8 / took)))
    return Way(go, took)


def compare(without: Way, extended: Way, turns: int) -> Pairs:
    """So many turns of both; which of them begins alternates."""
    found: Pairs = []
    for turn in range(turns):
        taken = {}
        for way in (without, extended)[:: 1 if turn % 2 else -1]:
            way.go(max(1, round(LEAD / way.took)))
            steps = max(1, round(SECONDS / way.took))
            begin = time.perf_counter()
            way.go(steps)
            taken[way] = (time.perf_counter() - begin) / steps
        found.append((taken[without], taken[extended]))
    return found


def ratio(pairs: Pairs) -> float:
    """How many times as long the second way takes: the median over the turns."""
    return statistics.median(extended / without for without, extended in pairs)


def middle(pairs: Pairs) -> tuple[float, float]:
    """The median seconds of a step, of both."""
    return tuple(statistics.median(column) for column in zip(*pairs, strict=True))
