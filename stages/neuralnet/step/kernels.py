"""Pieces of work: inputs mixed, from logits to deltas, and from deltas to gradients.

Each function here binds the arrays that a piece works on and returns the piece: a function without
arguments. Binding happens once per training; carrying out a piece allocates next to nothing and
spends its time inside NumPy. What changes from step to step is read from `now`.

    x        inputs of a layer, (rows, inputs)
    delta    derivative of the loss by what enters a layer's activation, times `now.scale`,
             (rows, outputs)

Matrix products go to BLAS with the slices of matrices that the piece owns; nothing is copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..losses import cross_entropy_delta

Piece = Callable[[], object]  # what one returns is of no use


class Now:
    """What changes from step to step, and pieces read of it."""

    epoch: int  # of the batch that is gathered
    step: int  # within the epoch
    count: int  # steps done before, in all epochs
    rows: np.ndarray  # int64: rows of the features that make the next batch
    scale: np.ndarray  # 0-d: what the optimizer wants gradients multiplied by, / batch size
    coefficients: tuple[np.ndarray, ...]  # 0-d each: the optimizer's
    clip: float  # the largest norm of all gradients, as they are multiplied


def blend(x: np.ndarray, positions: np.ndarray, shares: np.ndarray, scratch: np.ndarray) -> Piece:
    """x (rows, columns) ← each row with its partner's share: shares (rows,) are those of its own.

    positions (rows,): where the partners are. Columns of x lie one after the other in memory.
    """
    other = scratch[: x.size].reshape(x.shape[::-1]).T

    def piece() -> None:
        np.take(x.T, positions, axis=1, out=other.T, mode="clip")
        np.subtract(other, x, out=other)
        np.multiply(other, (1 - shares)[:, None], out=other)
        np.add(x, other, out=x)

    return piece


def output(
    now: Now,
    x: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    y: np.ndarray,
    delta: np.ndarray,
    sums: np.ndarray,
    smoothing: float,
    mixture: tuple[np.ndarray, np.ndarray, np.ndarray] | None,
    weights: np.ndarray | None = None,
    part: slice = slice(None),
) -> Piece:
    """Some rows of the last layer: logits, then delta in their place; loss and hits are added up.

    mixture: classes of the whole batch, the positions in it that these rows were mixed with, and
    the shares of their own. weights: those of the whole batch, of which these rows are a part; they
    are brought to mean 1, so that the batch's loss is divided by their sum. sums: loss, hits, and
    the number, counted from 1, of the first step whose loss is not finite.
    """
    firsts = np.arange(len(y)) * delta.shape[1]

    def piece() -> None:
        np.matmul(x, W, out=delta)
        np.add(delta, b, out=delta)
        partner = share = own = None
        if mixture is not None:
            classes, positions, share = mixture
            partner = classes.take(positions)
        if weights is not None:
            mean = weights.dtype.type(weights.mean(dtype=np.float64))
            own = weights[part] / (mean or 1)  # a batch may weigh nothing
        scale = now.scale
        loss, hits = cross_entropy_delta(delta, y, firsts, scale, smoothing, partner, share, own)
        sums[0] += loss
        sums[1] += hits
        if not loss < np.inf and not sums[2]:
            sums[2] = now.step + 1

    return piece


def weights(x: np.ndarray, delta: np.ndarray, out: np.ndarray, parts: Sequence[slice]) -> Piece:
    """A block of rows of a weight matrix: its gradient xᵀ delta, part by part, to `out`."""
    products = [(x[:, part].T, out[part]) for part in parts]

    def piece() -> None:
        for left, part in products:
            np.matmul(left, delta, out=part)

    return piece


def biases(delta: np.ndarray, out: np.ndarray) -> Piece:
    """The biases of a layer: their gradient is the sum of delta over the batch."""
    ones = np.ones(len(delta), delta.dtype)
    return lambda: np.matmul(ones, delta, out=out)
