"""Batches: the order in which the training images are gone through.

Each epoch has an order of its own, drawn from the independent random stream (seed, epoch), so any
position (epoch, step) can be sought without going through what comes before.
"""

from __future__ import annotations

import numpy as np

from pipeline.stream import Stream


def row_batches(rows: np.ndarray, size: int, seed: int) -> Stream:
    """A stream of batches of shuffled row numbers: int64 (≤ size,), the last one may be short."""
    return Stream.of(rows).shuffle(seed).batch(size)
