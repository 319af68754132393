"""Learning rates over time: functions from an epoch, counted from 0, to a learning rate."""

from __future__ import annotations

from collections.abc import Callable


def exponential(lr: float, decay: float) -> Callable[[int], float]:
    """lr * decay**epoch: multiplied by `decay` after every epoch."""
    return lambda epoch: lr * decay**epoch
