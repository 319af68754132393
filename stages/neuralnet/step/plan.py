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
                      and the optimizer's update while the block is in the cache;
                      other pieces whiten the next batch meanwhile

The members of an ensemble take these phases one after the other, all on the same batch. What a
hidden layer does is described in hidden.py, how batches come in feed.py, what moves parameters in
update.py.

*The owner computes*: nothing is ever summed over workers, so there is no gradient buffer per worker
and no reduction. Columns are shared out rather than rows because BLAS begins by copying the weights
it is given into a layout of its own: half of the weights for the whole batch is half the copying of
all weights for half of the batch. And what belongs to a column, such as the mean of a batch, needs
no other worker.
"""

from __future__ import annotations

import numpy as np

from ..layers.layer import Layer
from ..layers.local import Local
from ..layers.stack import split, total_size, whitens_patches
from ..settings import Settings
from . import kernels, products
from .arrays import scratch_size
from .cuts import CALLS, PASS, WorkItem, shards
from .feed import Feed
from .hidden import Hidden, chain
from .layout import Layout
from .panels import panels
from .patches import Patches
from .update import Update


class Plan:
    """The pieces of a step, on arrays as `arrays.shapes` has them and on scratch of one worker.

    There are two batch buffers, by `parity`: one is worked on while the other is filled.
    """

    def __init__(
        self,
        layers: tuple[Layer, ...],
        settings: Settings,
        arrays: dict[str, np.ndarray],
        features: np.ndarray,
    ) -> None:
        self.now = kernels.Now()
        settings, whitening = settings.with_constants(arrays), None
        if whitens_patches(layers):
            settings, whitening = settings.fed(True), arrays["whitening"]
        batch, dtype = len(arrays["truth 0"]), arrays["parameters"].dtype
        scratch = np.empty(scratch_size(layers, settings, batch, dtype), dtype)
        columns = isinstance(layers[0], Local)
        self._feed = Feed(settings, arrays, features, self.now, scratch, columns)
        parameters = arrays["parameters"].reshape(-1, total_size(layers))
        slots = arrays["slots"].reshape(-1, *parameters.shape)
        self._members = [
            NetworkStep(
                number,
                layers,
                settings,
                {**arrays, "parameters": parameters[number], "slots": slots[:, number]},
                self._feed,
                self.now,
                scratch,
                whitening,
            )
            for number in range(len(parameters))
        ]

    def gather(self, rows: int, parity: int) -> list[list[WorkItem]]:
        """The phases that gather a batch of so many rows, without a step to do meanwhile."""
        return [self._feed.gather(rows, parity), self._feed.project(rows, parity)]

    def phases(self, rows: int, following: int, parity: int) -> list[list[WorkItem]]:
        """The phases of a step on a batch of so many rows, gathered before.

        following: rows of the next batch, which is gathered meanwhile; 0: none.
        """
        *others, last = self._members
        phases = [phase for member in others for phase in member.phases(rows, 0, parity)]
        return phases + last.phases(rows, following, parity)


class NetworkStep:
    """A network's part of a step: the one there is, or one of an ensemble's."""

    def __init__(
        self,
        number: int,
        layers: tuple[Layer, ...],
        settings: Settings,
        arrays: dict[str, np.ndarray],
        feed: Feed,
        now: kernels.Now,
        scratch: np.ndarray,
        whitening: np.ndarray | None = None,
    ) -> None:
        self._number, self._layers, self._settings = number, layers, settings
        self._arrays, self._feed, self._now, self._scratch = arrays, feed, now, scratch
        batch, parameters = len(arrays["truth 0"]), list(split(layers, arrays["parameters"]))
        self._tensors = [layer.tensors(own) for layer, own in parameters]
        self._weights = [
            Patches(layer, tensors["weights"], None if n else whitening, scratch)
            if isinstance(layer, Local)
            else panels(layer, own, n == 0, batch)
            for n, ((layer, own), tensors) in enumerate(zip(parameters, self._tensors, strict=True))
        ]
        self._update = Update(settings, arrays, now, scratch)
        self._layout = Layout(layers, settings)

    def phases(self, rows: int, following: int, parity: int) -> list[list[WorkItem]]:
        """The phases of a step, as `Plan.phases` has them."""
        layers, arrays, last = self._layers, self._arrays, len(self._layers) - 1
        settings = self._settings
        tools = self._now, self._scratch, settings.seed, self._layout, settings.kernels
        inside = [
            Hidden((self._number, n), layer, self._tensors[n], arrays, rows, *tools)
            for n, layer in enumerate(layers[:-1])
        ]
        inputs = [self._feed.batch(rows, parity), *(layer.outputs for layer in inside)]
        deltas = [*(layer.delta for layer in inside), arrays[f"delta {last}"][:rows]]
        phases = [
            phase
            for n, layer in enumerate(inside)
            for phase in layer.forward(self._forward(n, inputs[n], layer.values))
        ]
        output, down = self._output(inputs[last], deltas[last], inside, parity)
        phases += [output + self._feed.gather(following, 1 - parity), *down]
        for n in reversed(range(last - 1)):
            phases += inside[n].backward(self._down(n, deltas[n + 1], deltas[n]))
        sizes = np.cumsum([0, *(layer.size for layer in layers[:-1])]).tolist()
        moves = self._update.phases(layers, self._weights, sizes, inputs, deltas, inside)
        moves[0] += self._feed.project(following, 1 - parity)
        return phases + moves

    def _output(
        self, x: np.ndarray, delta: np.ndarray, inside: list[Hidden], parity: int
    ) -> tuple[list[WorkItem], list[list[WorkItem]]]:
        """Logits, loss and delta; one layer down in the same phase, or in phases of its own."""
        W, b = (self._tensors[-1][name] for name in ("weights", "biases"))
        y, mixture = self._arrays[f"truth {parity}"][: len(x)], None
        below, weights = inside[-1] if inside else None, self._feed.weights(len(x), parity)
        apart = below is not None and below.layer.norm == "batch"
        tasks = []
        for number, part in enumerate(shards(len(x), least=64)):
            partners = self._feed.partners(len(x), parity)
            if partners is not None:
                positions, shares = partners
                mixture = y, positions[part], shares[part]
            sums, smoothing = self._arrays["sums"][number], self._settings.smoothing
            data = x[part], W, b, y[part], delta[part], sums
            piece = kernels.output(self._now, *data, smoothing, mixture, weights, part)
            if below is not None and not apart:
                piece = chain(piece, below.backward_rows(delta[part], W, part, number))
            rows = part.stop - part.start
            tasks.append(WorkItem(CALLS + 4 * W.size * rows + PASS * rows * x.shape[1], piece))
        if below is None or not apart:
            return tasks, []
        return tasks, below.backward(self._down(-2, delta, below.delta))

    def _forward(self, n: int, x: np.ndarray, z: np.ndarray) -> list[products.Product]:
        """z of layer n ← the product of x with its weights."""
        weights = self._weights[n]
        if isinstance(weights, Patches):
            return weights.forward(x, z)
        return products.forward(self._layers[n], weights, x, z, first=n == 0)

    def _down(self, n: int, above: np.ndarray, delta: np.ndarray) -> list[products.Product]:
        """delta of layer n ← the product of that of the layer above with its weights."""
        weights = self._weights[n + 1]
        if isinstance(weights, Patches):
            return weights.down(above, delta)
        return products.down(self._layers[n], above, self._tensors[n + 1]["weights"], delta)
