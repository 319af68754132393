"""Starvation: how long workers are busy with making batches instead of with the network.

Batches are made by pieces within the phases of a step (feed.py), so a worker never waits for a
batch as such: what there is to see is the part of a step that these pieces take on one worker
(gather: rows, augmentation, contrast; project: whitening, mixup), and how much longer the whole
step takes than one with augmentation off.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict

from stages.neuralnet import Trainer
from stages.neuralnet.parallel.job import Segment
from tests.benchmarks.reference import LR

FEED = {"Feed._take": "gather", "Feed._fill": "project", "Feed._fill_half": "project"}
STEPS = 60


def pieces(made: Trainer, steps: int = STEPS) -> dict[str, float]:
    """Median seconds that gather, project and the whole step take, for a trainer of one worker."""
    made.run(0, 0, 2, LR)
    job = made._engine.workers._job
    steps = min(steps, made.steps - 2)  # those that a whole batch follows
    segment = Segment(0, 0, steps, (LR,) * steps, LR, 0)
    phases = [job._plan.phases(made.batch, made.batch, parity) for parity in (0, 1)]
    times: dict[str, list[float]] = defaultdict(list)
    for step in range(steps):
        job._step(segment, step, True, 0, 1)
        seconds = dict.fromkeys((*FEED.values(), "step"), 0.0)
        for phase in phases[step % 2]:
            for task in phase:
                begin = time.perf_counter()
                task.piece()
                took = time.perf_counter() - begin
                seconds["step"] += took
                if name := FEED.get(task.piece.__qualname__.partition(".<locals>")[0]):
                    seconds[name] += took
        for name, value in seconds.items():
            times[name].append(value)
    return {name: statistics.median(values) for name, values in times.items()}
