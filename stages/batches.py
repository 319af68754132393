"""Batches: the order in which the training images are gone through.

Each epoch has an order of its own, drawn from the independent random stream (seed, epoch), so any
position (epoch, step) can be sought without going through what comes before. Step k of an epoch
takes the k-th `batch` rows of its order; the workers gather them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.stream import Stream


def epoch_order(rows: np.ndarray, seed: int) -> Callable[[int], np.ndarray]:
    """order(epoch) → all rows, int64, shuffled for that epoch."""
    whole_epochs = Stream.of(rows).shuffle(seed).batch(len(rows))
    return lambda epoch: whole_epochs.item(epoch, 0)
