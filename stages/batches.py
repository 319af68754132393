"""Batches: where artifacts end and the stream begins.

    train_rows ─shuffle by (seed, epoch)─▶ rows in an epoch's order ─batch─▶ row numbers of a step

A stream of row numbers, not of images: the workers gather the rows themselves, augment and whiten
them. Any position (epoch, step) can be sought without going through what comes before.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline.stream import Stream


def batches(rows: np.ndarray, batch: int, seed: int) -> Stream:
    """The rows of each step: int64 (batch,), the last of an epoch perhaps fewer."""
    return Stream.of(rows).shuffle(seed).batch(batch)


def order_of(steps: Stream) -> Callable[[int], np.ndarray]:
    """order(epoch) → the rows of all its steps, int64, as a trainer takes them."""
    return lambda epoch: np.concatenate(list(steps.epoch(epoch)))
