"""One step of training, cut into pieces that any number of workers can share.

A step is a fixed list of phases; a phase is a fixed list of pieces that do not need each other.
Workers share out the pieces of each phase and meet at a barrier after it. What the pieces are
depends on the network and the batch, never on the workers, and every number is formed by one piece
in an order of its own; so the bits after training do not depend on the number of workers.

    forward 1, 2, …   one phase per hidden layer; a piece owns some columns of the outputs
    output            a piece owns some rows: logits, loss, delta, and delta one layer down;
                      other pieces gather the rows of the next batch meanwhile
    backward …, 2, 1  one phase per hidden layer but the last; a piece owns some columns of delta
    update            a piece owns a block of a weight matrix: its gradient over the whole batch,
                      and the optimizer's update while the block is in the cache

*The owner computes*: nothing is ever summed over workers, so there is no gradient buffer per worker
and no reduction. Columns are shared out rather than rows because BLAS begins by copying the weights
it is given into a layout of its own: half of the weights for the whole batch is half the copying of
all weights for half of the batch. And what belongs to a column, such as the mean of a batch, needs
no other worker.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import kernels
from .activations import ACTIVATIONS
from .barrier import control_words
from .cuts import BLOCK_BYTES, Task, blocks, products, shards, tiles
from .layers import Dense, split
from .memory import Shapes
from .panels import panels

# Costs, in floating-point operations of a matrix product that take as long:
PASS = 60  # per number that is gathered, or updated, and that has to come from memory
CALLS = 2_000_000  # for the calls of NumPy functions in an output piece


def shapes(
    layers: tuple[Dense, ...],
    optimizer: Any,
    dtype: Any,
    batch: int,
    examples: int,
    rows: int,
    workers: int,
) -> Shapes:
    """Every array that a training on `rows` of so many examples shares among its workers."""
    size = sum(layer.size for layer in layers)
    plan: dict[str, Any] = {
        "control": ((control_words(workers),), np.int64),
        "sums": ((8, 8), np.float64),
        "parameters": ((size,), dtype),
        "slots": ((optimizer.slots, size), dtype),
    }
    for parity in (0, 1):
        plan[f"inputs {parity}"] = (batch, layers[0].inputs), dtype
        plan[f"truth {parity}"] = (batch,), np.intp
    for number, layer in enumerate(layers):
        plan[f"outputs {number}"] = (batch, layer.outputs), dtype
        plan[f"delta {number}"] = (batch, layer.outputs), dtype
    return plan | {"order": ((rows,), np.int64), "labels": ((examples,), np.intp)}


class Plan:
    """The pieces of a step, on arrays as `shapes` has them and on scratch of one worker.

    There are two batch buffers, told apart by `parity`: one is worked on while the other is filled.
    standardization: (2, inputs), mean and 1/deviation, or None.
    """

    def __init__(
        self,
        layers: tuple[Dense, ...],
        optimizer: Any,
        arrays: dict[str, np.ndarray],
        features: np.ndarray,
        standardization: np.ndarray | None,
    ) -> None:
        self.now = kernels.Now()
        self._layers, self._optimizer, self._arrays = layers, optimizer, arrays
        self._features, self._standardization = features, standardization
        batch, dtype = len(arrays["inputs 0"]), arrays["parameters"].dtype
        self._parameters = [own for _, own in split(layers, arrays["parameters"])]
        self._slots = [own for _, own in split(layers, arrays["slots"])]
        self._panels = [
            panels(layer, own, n == 0, batch)
            for n, (layer, own) in enumerate(zip(layers, self._parameters, strict=True))
        ]
        widest = max(layer.outputs for layer in layers)
        most = max(BLOCK_BYTES // dtype.itemsize, 64 * widest, batch * widest)
        self._room, self._staging = np.empty(most, dtype), None
        if features.dtype != dtype:
            self._staging = np.empty((batch, layers[0].inputs), features.dtype)

    def gather(self, rows: int, parity: int) -> list[Task]:
        """Pieces that gather a batch of so many rows."""
        x, y = self._batch(rows, parity)
        source = self._features, self._arrays["labels"]
        options = self._standardization, self._staging
        return [
            Task(PASS * x[part].size, kernels.gather(self.now, part, *source, x, y, *options))
            for part in shards(rows, least=8)
            if rows
        ]

    def phases(self, rows: int, following: int, parity: int) -> list[list[Task]]:
        """The phases of a step on a batch of so many rows, gathered before.

        following: rows of the next batch, which is gathered meanwhile; 0: none.
        """
        x, y = self._batch(rows, parity)
        numbers = range(len(self._layers))
        outputs = [self._arrays[f"outputs {n}"][:rows] for n in numbers[:-1]]
        deltas = [self._arrays[f"delta {n}"][:rows] for n in numbers]
        inputs = [x, *outputs]
        return [
            *(self._forward(n, inputs[n], outputs[n]) for n in numbers[:-1]),
            self._output(inputs, y, deltas) + self.gather(following, 1 - parity),
            *(self._backward(n, outputs[n], deltas) for n in reversed(numbers[:-2])),
            [task for n in numbers for task in self._update(n, inputs[n], deltas[n])],
        ]

    def _batch(self, rows: int, parity: int) -> tuple[np.ndarray, np.ndarray]:
        return self._arrays[f"inputs {parity}"][:rows], self._arrays[f"truth {parity}"][:rows]

    def _forward(self, n: int, x: np.ndarray, a: np.ndarray) -> list[Task]:
        activation = ACTIVATIONS[self._layers[n].activation]
        tasks = []
        for panel in self._panels[n]:
            out, home = a[:, panel.columns], _middle(panel.columns, a.shape[1])
            for r, c in tiles(*out.shape, whole=n == 0):
                piece = kernels.forward(x[r], panel.W[:, c], panel.b[c], out[r, c], activation)
                tasks.append(Task(2 * x.shape[1] * out[r, c].size, piece, home if n == 0 else None))
        return tasks

    def _output(
        self, inputs: list[np.ndarray], y: np.ndarray, deltas: list[np.ndarray]
    ) -> list[Task]:
        last = len(self._layers) - 1
        W, b = self._layers[last].views(self._parameters[last])
        tasks = []
        for part, sums in zip(shards(len(y), least=64), self._arrays["sums"], strict=False):
            x, delta = inputs[last][part], deltas[last][part]
            piece = kernels.output(self.now, x, W, b, y[part], delta, sums)
            if last:
                activation = ACTIVATIONS[self._layers[last - 1].activation]
                below = deltas[last - 1][part]
                back = kernels.backward(delta, W, x, below, activation, self._room)
                piece = kernels.both(piece, back)
            tasks.append(Task(CALLS + 4 * W.size * len(x) + PASS * x.size, piece))
        return tasks

    def _backward(self, n: int, a: np.ndarray, deltas: list[np.ndarray]) -> list[Task]:
        W, _ = self._layers[n + 1].views(self._parameters[n + 1])
        above, delta = deltas[n + 1], deltas[n]
        activation, room = ACTIVATIONS[self._layers[n].activation], self._room
        return [
            Task(
                a[r, c].size,
                kernels.backward(above[r], W[c], a[r, c], delta[r, c], activation, room),
            )
            for r, c in tiles(*a.shape)
        ]

    def _update(self, n: int, x: np.ndarray, delta: np.ndarray) -> list[Task]:
        layer, flat, slots = self._layers[n], self._parameters[n], self._slots[n]
        update, room = self._optimizer.update, self._room
        tasks = []
        for panel in self._panels[n]:
            width = panel.W.shape[1]
            home = _middle(panel.columns, layer.outputs) if n == 0 else None
            for part in blocks(layer.inputs, width, flat.itemsize):
                begin = panel.place.start
                own = slice(begin + part.start * width, begin + part.stop * width)
                pieces = products(part.stop - part.start, width, len(x))
                block = x[:, part], delta[:, panel.columns], flat[own], slots[:, own]
                piece = kernels.weights(self.now, pieces, *block, update, room)
                cost = CALLS / 4 + (2 * len(x) + PASS) * (own.stop - own.start)
                tasks.append(Task(cost, piece, home))
        own = slice(layer.inputs * layer.outputs, None)
        rest = kernels.biases(self.now, delta, flat[own], slots[:, own], update, room)
        return [*tasks, Task(CALLS / 4 + 2 * delta.size, rest)]


def _middle(part: slice, length: int) -> float:
    return (part.start + part.stop) / 2 / length
