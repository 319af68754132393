"""The pieces of work that a gradient step is made of.

Each function here binds the arrays that a piece works on and returns the piece: a function without
arguments. Binding happens once per training; carrying out a piece allocates next to nothing and
spends its time inside NumPy. What changes from step to step is read from `now`.

    x, a     inputs and outputs of a layer, (rows, inputs) and (rows, outputs)
    delta    derivative of the loss by what enters a layer's activation, times `now.scale`,
             (rows, outputs)
    room     scratch of one worker, flat

Matrix products go to BLAS with the slices of matrices that the piece owns; nothing is copied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .activations import Activation
from .losses import cross_entropy_delta

Piece = Callable[[], None]
Update = Callable[..., None]  # an optimizer's


class Now:
    """What changes from step to step, and pieces read of it."""

    step: int  # within the epoch
    rows: np.ndarray  # int64: rows of the features that make the next batch
    scale: np.ndarray  # 0-d: what the optimizer wants gradients multiplied by, / batch size
    coefficients: tuple[np.ndarray, ...]  # 0-d each: the optimizer's


def fetch(
    features: np.ndarray,
    rows: np.ndarray,
    x: np.ndarray,
    standardization: np.ndarray | None,
    staging: np.ndarray | None,
) -> None:
    """x (n, inputs) ← the given rows of the features, standardised by (mean, 1/deviation).

    staging: takes the rows first, when features are of another dtype than x; else None.
    """
    target = x if staging is None else staging[: len(x)]
    features.take(rows, axis=0, out=target, mode="clip")
    if staging is not None:
        x[...] = target
    if standardization is not None:
        mean, inverse = standardization
        np.subtract(x, mean, out=x)
        np.multiply(x, inverse, out=x)


def gather(
    now: Now,
    part: slice,
    features: np.ndarray,
    labels: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    standardization: np.ndarray | None,
    staging: np.ndarray | None,
) -> Piece:
    """Some rows of the next batch: from features and labels to x and y."""
    x, y = x[part], y[part]

    def piece() -> None:
        rows = now.rows[part]
        fetch(features, rows, x, standardization, staging)
        labels.take(rows, out=y, mode="clip")

    return piece


def forward(
    x: np.ndarray, W: np.ndarray, b: np.ndarray, a: np.ndarray, activation: Activation
) -> Piece:
    """A tile of a layer's outputs: a ← f(x W + b)."""
    value = activation.value

    def piece() -> None:
        np.matmul(x, W, out=a)
        np.add(a, b, out=a)
        value(a)

    return piece


def output(
    now: Now,
    x: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    y: np.ndarray,
    delta: np.ndarray,
    sums: np.ndarray,
) -> Piece:
    """Some rows of the last layer: logits, then delta in their place; loss and hits are added up.

    sums: loss, hits, and the number, counted from 1, of the first step whose loss is not finite.
    """
    firsts = np.arange(len(y)) * delta.shape[1]

    def piece() -> None:
        np.matmul(x, W, out=delta)
        np.add(delta, b, out=delta)
        loss, hits = cross_entropy_delta(delta, y, firsts, now.scale)
        sums[0] += loss
        sums[1] += hits
        if not loss < np.inf and not sums[2]:
            sums[2] = now.step + 1

    return piece


def backward(
    above: np.ndarray,
    W: np.ndarray,
    a: np.ndarray,
    delta: np.ndarray,
    activation: Activation,
    room: np.ndarray,
) -> Piece:
    """A tile of delta, one layer down: delta ← (above Wᵀ) * f'."""
    room = room[: delta.size].reshape(delta.shape)
    slope, W = activation.slope, W.T

    def piece() -> None:
        np.matmul(above, W, out=delta)
        slope(a, delta, room)

    return piece


def weights(
    now: Now,
    parts: Sequence[slice],
    x: np.ndarray,
    delta: np.ndarray,
    parameters: np.ndarray,
    slots: np.ndarray,
    update: Update,
    room: np.ndarray,
) -> Piece:
    """A block of rows of a weight matrix: its gradient xᵀ delta, part by part, and its update.

    x (batch, rows of the block), delta (batch, outputs); parameters and slots are flat. The block
    is small: gradient, parameters and slots stay in the cache until the optimizer is done.
    """
    gradient = room[: parameters.size]
    matrix = gradient.reshape(x.shape[1], -1)
    products = [(x[:, part].T, matrix[part]) for part in parts]

    def piece() -> None:
        for left, out in products:
            np.matmul(left, delta, out=out)
        update(parameters, gradient, slots, now.coefficients)

    return piece


def biases(
    now: Now,
    delta: np.ndarray,
    parameters: np.ndarray,
    slots: np.ndarray,
    update: Update,
    room: np.ndarray,
) -> Piece:
    """The biases of a layer: their gradient is the sum of delta over the batch."""
    gradient = room[: parameters.size]
    ones = np.ones(len(delta), delta.dtype)

    def piece() -> None:
        np.matmul(ones, delta, out=gradient)
        update(parameters, gradient, slots, now.coefficients, decay=False)

    return piece


def both(first: Piece, second: Piece) -> Piece:
    """One piece of two, the second of which needs the first."""

    def piece() -> None:
        first()
        second()

    return piece
