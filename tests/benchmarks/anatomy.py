"""Where the time of one step goes: on one worker, beside a step written as in a textbook.

The textbook's step gathers a batch, goes forward and back with an array for each result, adds the
L2 term and moves momentum and parameters, array by array. It does the same arithmetic.
"""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from pipeline.cli.display import align
from stages.neuralnet import SGD, Network, Trainer
from stages.neuralnet.parallel.job import Segment
from stages.neuralnet.processor import OneBlasThread
from tests.benchmarks.reference import L2, LR, MOMENTUM, REFERENCES, Reference, load_data

STEPS = 200
PARTS = ("gather", "forward", "output", "backward", "update")
Times = dict[str, list[float]]  # by part: seconds in each step


def measure(folder: Path, keys: str) -> dict[str, dict[str, dict[str, float]]]:
    """Median milliseconds of each part of a step, of the textbook's and of ours, by network."""
    found = {}
    for key in keys:
        reference = REFERENCES[key]
        with OneBlasThread():
            both = {"textbook": textbook(reference, folder), "ours": ours(reference, folder)}
        found[str(reference)] = {
            who: {part: 1000 * statistics.median(times[part]) for part in PARTS}
            for who, times in both.items()
        }
    return found


def ours(reference: Reference, folder: Path) -> Times:
    """The pieces of this project's step, one after the other, on one worker."""
    features, labels = load_data(folder, reference.widths[0])
    network = Network.create(reference.widths[0], reference.widths[1:-1], reference.widths[-1])
    times: Times = defaultdict(list)
    with Trainer(
        network, SGD(MOMENTUM, L2), features, labels, batch=reference.batch, workers=1
    ) as trainer:
        trainer.run(0, 0, 2, LR)
        job, hidden = trainer._engine.workers._job, len(network.structure) - 1
        steps = min(STEPS, trainer.steps - 2)  # those that a whole batch follows
        segment = Segment(0, 0, steps, (LR,) * steps, LR, 0)
        phases = [job._plan.phases(reference.batch, reference.batch, n) for n in (0, 1)]
        for step in range(steps):
            job._step(segment, step, True, 0, 1)
            seconds: dict[str, float] = defaultdict(float)
            for number, tasks in enumerate(phases[step % 2]):
                for task in tasks:
                    part = _part(number, hidden, len(phases[0]), task.piece)
                    with _adding(seconds, part):
                        task.piece()
            for part in PARTS:
                times[part].append(seconds[part])
    return times


def _part(number: int, hidden: int, count: int, piece: Callable[[], None]) -> str:
    if number < hidden:
        return "forward"
    if number == hidden:
        return "gather" if "Feed." in piece.__qualname__ else "output"
    return "update" if number == count - 1 else "backward"


def textbook(reference: Reference, folder: Path) -> Times:
    """The same step in plain NumPy."""
    features, labels = load_data(folder, reference.widths[0])
    network = Network.create(reference.widths[0], reference.widths[1:-1], reference.widths[-1])
    weights = [tensors["weights"].copy() for tensors in network.tensors()]
    biases = [tensors["biases"].copy() for tensors in network.tensors()]
    velocities = [np.zeros_like(array) for array in weights + biases]
    order, batch = np.random.default_rng(0).permutation(len(features)), reference.batch
    times: Times = defaultdict(list)
    for step in range(min(STEPS, len(order) // batch)):
        seconds: dict[str, float] = defaultdict(float)
        with _adding(seconds, "gather"):
            rows = order[step * batch : (step + 1) * batch]
            values, y = [features[rows]], labels[rows]
        with _adding(seconds, "forward"):
            for W, b in zip(weights[:-1], biases[:-1], strict=True):
                values.append(np.maximum(values[-1] @ W + b, 0))
        with _adding(seconds, "output"):
            z = values[-1] @ weights[-1] + biases[-1]
            p = np.exp(z - z.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            -np.log(p[np.arange(batch), y]).sum(), (p.argmax(axis=1) == y).sum()
            p[np.arange(batch), y] -= 1
            deltas = [p / batch]
        with _adding(seconds, "backward"):
            for n in range(len(weights) - 1, 0, -1):
                deltas.insert(0, deltas[0] @ weights[n].T * (values[n] > 0))
        with _adding(seconds, "update"):
            gradients = [x.T @ d + L2 * W for x, d, W in zip(values, deltas, weights, strict=True)]
            gradients += [d.sum(axis=0) for d in deltas]
            for p, g, v in zip(weights + biases, gradients, velocities, strict=True):
                v *= MOMENTUM
                v += g
                p -= LR * v
        for part in PARTS:
            times[part].append(seconds[part])
    return times


@contextmanager
def _adding(seconds: dict[str, float], part: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[part] += time.perf_counter() - started


def table(found: dict[str, dict[str, dict[str, float]]]) -> str:
    """One row per network and contestant."""
    rows = [["one step, one worker", "", *PARTS, "all, ms"]]
    for name, both in found.items():
        for who, parts in both.items():
            figures = [f"{parts[part]:.2f}" for part in PARTS]
            rows.append([name, who, *figures, f"{sum(parts.values()):.2f}"])
    return align(rows, right=range(2, 8))
