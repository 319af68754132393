"""Softmax cross-entropy of logits z (rows, classes) with the true classes y (rows,).

    p = softmax(z)        loss = log Σ e^z - z_y        d loss / dz = p - [class = y]

The largest logit of each row is subtracted first: no exponential overflows, and the sum is at
least 1, so its logarithm is finite. A row's loss comes from the logits, not from log(p), which
would be -inf for a class of probability 0.

Softer targets t than the one-hot class, with e of label smoothing (Szegedy et al. 2016, section 7;
as PyTorch has it) and a share s of the class y, the rest being a partner's y' (mixup, Zhang et al.
2018):

    t = (1 - e) (s [class = y] + (1 - s) [class = y']) + e / classes        d loss / dz = p - t

The loss that is reported is always that without smoothing: it can be compared with the loss of an
evaluation, and with that of a training that smooths more or less. Rows may have weights, by which
losses and gradients are multiplied.
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
    sums: np.ndarray = np.exp(z).sum(axis=1, dtype=np.float64)
    return np.asarray(np.log(sums) - z[np.arange(len(z)), y])


def cross_entropy_delta(
    z: np.ndarray,
    y: np.ndarray,
    firsts: np.ndarray,
    scale: np.ndarray,
    smoothing: float = 0.0,
    partner: np.ndarray | None = None,
    share: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> tuple[float, int]:
    """z ← (softmax(z) - t) * scale, in place; returns the sum of losses, and the hits.

    firsts (rows,): the flat index of each row's first logit. scale: a 0-d array. A hit is a row
    whose largest logit is that of its class; of equal logits the first one counts.
    smoothing: e in [0, 1). partner (rows,): the classes y', and share (rows,), of z's dtype: s in
    [0, 1]; None: targets are not mixed. weights (rows,), of z's dtype: of losses and gradients, not
    of hits; None: all are 1.
    """
    flat = z.reshape(-1)
    largest = z.argmax(axis=1)
    hits = np.count_nonzero(largest == y)
    largest += firsts
    truth = firsts + y
    if weights is not None:
        scale = scale * weights
    np.subtract(z, flat.take(largest)[:, None], out=z)
    if partner is None or share is None:
        losses, own = flat.take(truth), scale
    else:
        other, own = firsts + partner, scale * share
        losses = share * flat.take(truth) + (1 - share) * flat.take(other)
    if smoothing:
        own = (1 - smoothing) * own
    np.exp(z, out=z)
    sums = z.sum(axis=1)
    losses = np.log(sums) - losses
    np.divide(scale, sums, out=sums)
    np.multiply(z, sums[:, None], out=z)
    if smoothing:
        np.subtract(z, (scale * (smoothing / z.shape[1])).reshape(-1, 1), out=z)
    flat[truth] -= own
    if partner is not None:  # apart from y's: both may be one class
        flat[other] -= (1 - smoothing) * scale - own
    if weights is not None:
        losses *= weights
    return float(losses.sum(dtype=np.float64)), int(hits)
