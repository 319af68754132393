"""What no training of a recipe is faster than: the matrix products of its steps, and nothing else.

By BLAS on all cores, one after the other, on arrays of their shapes; each product of a local layer
is made so often as it has positions, on the same arrays, as if they came out of the cache.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from stages import neuralnet as nn
from stages.locality import parse_levels
from stages.neuralnet.layers.local import Local
from tests.benchmarks.recipes.task import Task

Shape = tuple[int, int, int, int]  # times, rows, depth, columns


def shapes(task: Task, rows: int) -> Iterator[Shape]:
    """The products of a step with so many images: whitening, then layers, forth and back."""
    inputs, levels = task.inputs, parse_levels(task.values["local"])
    stored = task.arrays["features"].shape[1]
    whitened = inputs.whitening is not None and not levels
    if whitened:
        yield 1, rows, stored, inputs.whitening.shape[1]
    network = nn.Network.create(
        stored if levels else inputs.width(stored),
        task.values["hidden"],
        len(task.dataset["classes"]),
        local=levels,
        shape=inputs.shape if levels else None,
    )
    for number, layer in enumerate(network.structure):
        local = isinstance(layer, Local)
        times, depth, columns = (
            layer.shape_of_weights if local else (1, layer.inputs, layer.outputs)
        )
        yield times, rows, depth, columns
        yield times, depth, rows, columns
        if number:
            yield times, rows, columns, depth


def operations(task: Task) -> float:
    """Multiplications and additions of an epoch."""
    images = len(task.arrays["train_rows"])
    return images * sum(2.0 * t * m * k * n for t, m, k, n in shapes(task, 1))


class Products:
    """The same calls as a contestant has; nothing is learnt."""

    def __init__(self, task: Task) -> None:
        self._task, rng = task, np.random.default_rng(0)
        images, batch = len(task.arrays["train_rows"]), int(task.values["batch"])
        self._steps = []
        for count, rows in ((images // batch, batch), (images % batch > 0, images % batch)):
            work = [
                (
                    times,
                    rng.random((m, k), np.float32),
                    rng.random((k, n), np.float32),
                    np.empty((m, n), np.float32),
                )
                for times, m, k, n in shapes(task, rows)
                if count
            ]
            self._steps.append((count, work))

    def begin(self, seed: int) -> None:
        """Nothing depends on it."""

    def epoch(self, epoch: int) -> tuple[float, int]:
        """The products of one: there is no loss."""
        for count, work in self._steps:
            for _ in range(count):
                for times, a, b, out in work:
                    for _ in range(times):
                        np.matmul(a, b, out=out)
        return 0.0, len(self._task.arrays["train_rows"])

    def close(self) -> None:
        """Nothing is to be ended."""
