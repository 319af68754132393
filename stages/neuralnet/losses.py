"""Softmax cross-entropy of logits z (rows, classes) with the true classes y (rows,).

    p = softmax(z)        loss = log Σ e^z - z_y        d loss / dz = p - [class = y]

The largest logit of each row is subtracted first: no exponential overflows, and the sum is at
least 1, so its logarithm is finite. A row's loss comes from the logits, not from log(p), which
would be -inf for a class of probability 0.
"""

from __future__ import annotations

import numpy as np


def softmax(z: np.ndarray) -> None:
    """z (rows, classes) ← probabilities, in place."""
    np.subtract(z, z.max(axis=1, keepdims=True), out=z)
    np.exp(z, out=z)
    np.divide(z, z.sum(axis=1, keepdims=True), out=z)


def cross_entropy(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Loss of each row, float64 (rows,), for logits z (rows, classes) and classes y (rows,)."""
    z = z - z.max(axis=1, keepdims=True)
    return np.log(np.exp(z).sum(axis=1, dtype=np.float64)) - z[np.arange(len(z)), y]


def cross_entropy_delta(
    z: np.ndarray, y: np.ndarray, firsts: np.ndarray, scale: np.ndarray
) -> tuple[float, int]:
    """z ← (softmax(z) - one-hot(y)) * scale, in place; returns the sum of losses and the hits.

    firsts (rows,): the flat index of each row's first logit. scale: a 0-d array. A hit is a row
    whose largest logit is that of its class; of equal logits the first one counts.
    """
    flat = z.reshape(-1)
    largest = z.argmax(axis=1)
    hits = np.count_nonzero(largest == y)
    largest += firsts
    truth = firsts + y
    np.subtract(z, flat.take(largest)[:, None], out=z)
    losses = -flat.take(truth)
    np.exp(z, out=z)
    sums = z.sum(axis=1)
    losses += np.log(sums)
    np.divide(scale, sums, out=sums)
    np.multiply(z, sums[:, None], out=z)
    flat[truth] -= scale
    return float(losses.sum(dtype=np.float64)), int(hits)
