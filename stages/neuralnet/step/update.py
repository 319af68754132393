"""From deltas to moved parameters: the last pieces of a step.

A piece owns a block of rows of a weight matrix. Mostly it forms the block's gradient over the whole
batch and hands it to the optimizer while it is in the cache. Where every gradient must be known
before any parameter moves (clipping by the norm of all of them), or whole matrices are needed (an
optimizer that orthogonalises them), gradients are stored first, and a second phase moves all.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..layers.layer import Layer
from ..layers.local import Local
from ..memory import Shapes
from ..settings import Settings
from . import fused, kernels
from .clipping import Clipping
from .cuts import CALLS, CHUNK_BYTES, PASS, WorkItem, blocks, parts, products
from .hidden import Hidden, chain
from .kernels import Now, Piece
from .panels import Panel, widths
from .patches import BLOCK, Patches, groups
from .products import middle

Own = slice  # a part of all parameters, and of all that has their form


def shapes(settings: Settings, layers: tuple[Layer, ...], batch: int, dtype: np.dtype) -> Shapes:
    """The arrays that gradients are stored in, where they are."""
    if not settings.clip and not settings.optimizer.matrices:
        return {}
    size = sum(layer.size for layer in layers)
    tasks = sum(
        len(groups(layer, BLOCK)) + 2
        if isinstance(layer, Local)
        else len(widths(layer, n == 0, batch)) * (2 + layer.inputs // 64) + 2
        for n, layer in enumerate(layers)
    )
    return {"gradients": ((size,), dtype), "squares": ((tasks,), np.float64)}


class Update:
    """The pieces that move parameters, on the arrays of a training and scratch of one worker."""

    def __init__(
        self,
        settings: Settings,
        arrays: dict[str, np.ndarray],
        now: Now,
        scratch: np.ndarray,
    ) -> None:
        self._optimizer, self._now, self._scratch = settings.optimizer, now, scratch
        self._parameters, self._slots = arrays["parameters"], arrays["slots"]
        self._step = fused.update(settings, self._parameters.dtype)
        self._gradients = arrays.get("gradients")
        squares = arrays["squares"] if settings.clip else None
        self._clipping = Clipping(squares, now)

    def phases(
        self,
        layers: tuple[Layer, ...],
        weights: list[list[Panel] | Patches],
        starts: list[int],
        inputs: list[np.ndarray],
        deltas: list[np.ndarray],
        hidden: list[Hidden],
    ) -> list[list[WorkItem]]:
        """One phase, or two. starts: where each layer's parameters begin; weights: how they lie."""
        first: list[WorkItem] = []
        second: list[WorkItem] = []
        for n, (layer, start) in enumerate(zip(layers, starts, strict=True)):
            matrices = self._optimizer.matrices and n < len(hidden)
            stored = weights[n]
            if isinstance(stored, Patches):
                self._patches(first, second, stored, start, inputs[n], deltas[n], matrices)
            panels = [] if isinstance(stored, Patches) else stored
            for panel in panels:
                home = middle(panel.columns, layer.outputs) if n == 0 else None
                delta, width = deltas[n][:, panel.columns], panel.W.shape[1]
                begin = start + panel.place.start
                for part in blocks(layer.inputs, width, delta.itemsize, len(panels)):
                    own = slice(begin + part.start * width, begin + part.stop * width)
                    x = inputs[n][:, part]
                    gradient, move = self._weights(x, delta, own, whole=matrices)
                    cost = CALLS / 4 + (2 * len(x) + PASS) * (own.stop - own.start)
                    self._sort(first, second, WorkItem(cost, gradient, home), own, move)
                if matrices:
                    whole = slice(begin, begin + panel.W.size)
                    second.append(self._matrix(whole, panel.W.shape))
            own = slice(start + layer.trained.start, start + layer.trained.stop)
            vectors = hidden[n].vectors() if layer.norm != "none" else None
            gradient, move = self._rest(deltas[n], own, vectors)
            task = WorkItem(CALLS / 4 + 2 * deltas[n].size, gradient)
            self._sort(first, second, task, own, move)
            observe = getattr(self._optimizer, "observe", None)
            if layer.norm == "batch" and observe is not None:
                observed = slice(own.stop, start + layer.size)
                first.append(WorkItem(CALLS / 8, self._observed(observe, observed)))
        return [first, second] if second else [first]

    def _patches(
        self,
        first: list[WorkItem],
        second: list[WorkItem],
        patches: Patches,
        start: int,
        x: np.ndarray,
        delta: np.ndarray,
        matrices: bool,
    ) -> None:
        """The weights of a local layer; to an optimizer of matrices, each position's is one."""
        shape = patches.shape
        for group, place, cost, home in patches.gradients(len(x)):
            own = slice(start + place.start, start + place.stop)
            gradient = patches.gradient(group, x, delta, self._place(own))
            move = None if matrices else self._move(own, decay=True)
            cost += CALLS / 4 + PASS * (own.stop - own.start)
            self._sort(first, second, WorkItem(cost, gradient, home), own, move)
            for begin in range(own.start, own.stop, math.prod(shape)) if matrices else ():
                second.append(self._matrix(slice(begin, begin + math.prod(shape)), shape))

    def _sort(
        self,
        first: list[WorkItem],
        second: list[WorkItem],
        task: WorkItem,
        own: Own,
        move: Piece | None,
    ) -> None:
        """A task that forms a gradient, and the piece that moves parameters by it, if one does."""
        if self._gradients is None:
            assert move is not None  # whole matrices, which move later, store gradients
            first.append(task._replace(piece=chain(task.piece, move)))
            return
        if self._clipping.on:
            square = self._clipping.square(self._gradients[own], len(first))
            task = task._replace(piece=chain(task.piece, square))
        first.append(task)
        if move is not None:
            second.append(WorkItem(PASS * (own.stop - own.start), move, task.home))

    def _place(self, own: Own) -> np.ndarray:
        """Where a gradient is formed."""
        if self._gradients is None:
            return self._scratch[: own.stop - own.start]
        return self._gradients[own]

    def _weights(
        self, x: np.ndarray, delta: np.ndarray, own: Own, whole: bool
    ) -> tuple[Piece, Piece | None]:
        gradient = self._place(own)
        tall = products(x.shape[1], delta.shape[1], len(x))
        piece = kernels.weights(x, delta, gradient.reshape(x.shape[1], -1), tall)
        return piece, None if whole else self._move(own, decay=True)

    def _rest(self, delta: np.ndarray, own: Own, vectors: np.ndarray | None) -> tuple[Piece, Piece]:
        """Biases, and gains where there are some."""
        gradient, move = self._place(own), self._move(own, decay=False)
        if vectors is None:
            return kernels.biases(delta, gradient), move
        summands = vectors.reshape(-1, gradient.size)
        return lambda: summands.sum(axis=0, out=gradient), move

    def _move(self, own: Own, decay: bool) -> Piece:
        parameters, slots, gradient = self._parameters[own], self._slots[:, own], self._place(own)
        update, now, clip = self._step, self._now, self._clipping.clip
        chunks = [  # which stay in the cache from the first to the last of an optimizer's passes
            (parameters[part], gradient[part], slots[:, part])
            for part in parts(len(parameters), -(-parameters.nbytes // CHUNK_BYTES))
        ]

        def piece() -> None:
            clip(gradient)
            for values, gradients, kept in chunks:
                update(values, gradients, kept, now.coefficients, decay=decay)

        return piece

    def _matrix(self, own: Own, shape: tuple[int, int]) -> WorkItem:
        W, G = self._parameters[own].reshape(shape), self._place(own).reshape(shape)
        slots = self._slots[:, own].reshape(-1, *shape)
        update, now, scratch = self._optimizer.update_matrix, self._now, self._scratch
        clip = self._clipping.clip
        short, long = sorted(shape)

        def piece() -> None:
            clip(G)
            update(W, G, slots, now.coefficients, scratch)

        return WorkItem(5 * (4 * short * short * long + 2 * short**3), piece)

    def _observed(self, observe: Callable[..., None], own: Own) -> Piece:
        """What is not trained: an average of the parameters takes it in, too."""
        parameters, slots, now = self._parameters[own], self._slots[:, own], self._now
        return lambda: observe(parameters, slots, now.coefficients)
