"""Learning rates over time.

    schedule(position) -> learning rate        position: epochs done, from 0, with their fraction

    constant      lr
    exponential   lr * decay^⌊epoch⌋: multiplied by `decay` after every epoch
    step          lr * decay^⌊epoch / every⌋
    linear        straight from lr to final * lr
    cosine        half a wave from lr to final * lr       (Loshchilov & Hutter 2017)
    one_cycle     cosine, after a warm-up by default      (after Smith 2018)

A warm-up of some epochs comes first if it is asked for: straight from lr / 25 to lr. The curve
takes what remains of the epochs, and counts from there. No rate is 0: linear and cosine fall to
lr * 10^-12 at the least, and stay what they came to after the last epoch.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from .scalars import real

Schedule = Callable[[float], float]

START = 1 / 25  # of lr: where a warm-up begins
LEAST = 1e-12  # of lr: where linear and cosine end at the least
CYCLE = 0.3  # of the epochs: how long one_cycle warms up, unless it is given


def constant(lr: float) -> Schedule:
    return lambda position: lr


def exponential(lr: float, decay: float) -> Schedule:
    """lr * decay**epoch: multiplied by `decay` after every epoch."""
    return lambda position: lr * decay ** math.floor(position)


def step(lr: float, decay: float, every: float) -> Schedule:
    """Multiplied by `decay` after every so many epochs."""
    return lambda position: lr * decay ** math.floor(position / every)


def linear(lr: float, epochs: float, final: float) -> Schedule:
    """Straight from lr to final * lr."""
    return lambda position: lr * (final + (1 - final) * max(0.0, 1 - position / epochs))


def cosine(lr: float, epochs: float, final: float) -> Schedule:
    """lr * (final + (1 - final) * (1 + cos(π position / epochs)) / 2)."""

    def rate(position: float) -> float:
        left = max(0.0, 1 - position / epochs)
        return lr * (final + (1 - final) * math.sin(math.pi / 2 * left) ** 2)

    return rate


SCHEDULES: dict[str, Callable[..., Schedule]] = {
    "constant": lambda lr, epochs, decay, every, final: constant(lr),
    "exponential": lambda lr, epochs, decay, every, final: exponential(lr, decay),
    "step": lambda lr, epochs, decay, every, final: step(lr, decay, every),
    "cosine": lambda lr, epochs, decay, every, final: cosine(lr, epochs, final),
    "linear": lambda lr, epochs, decay, every, final: linear(lr, epochs, final),
    "one_cycle": lambda lr, epochs, decay, every, final: cosine(lr, epochs, final),
}


def make_schedule(
    name: str,
    lr: float,
    epochs: float,
    *,
    decay: float = 0.95,
    every: float = 10,
    warmup: float = 0.0,
    final: float = 0.0,
) -> Schedule:
    """The schedule called `name`, over so many epochs; numbers it has no use for are ignored.

    warmup: in epochs, fewer than all; 0 is 3 epochs of 10 for one_cycle. final: a part of lr.
    ValueError for an unknown name and for senseless numbers.
    """
    if name not in SCHEDULES:
        raise ValueError(f"schedule: expected one of {', '.join(SCHEDULES)}, found {name!r}")
    lr, epochs, every = (
        real(what, number, "a finite number above 0", lambda number: 0 < number < math.inf)
        for what, number in {"lr": lr, "epochs": epochs, "every": every}.items()
    )
    decay = real("decay", decay, "a number above 0, at most 1", lambda number: 0 < number <= 1)
    final = real("final", final, "a number from 0 to 1", lambda number: 0 <= number <= 1)
    expected = f"a number of epochs from 0, fewer than all {epochs}"
    warmup = real("warmup", warmup, expected, lambda number: 0 <= number < epochs)
    if name == "one_cycle":
        warmup = warmup or CYCLE * epochs
    curve = SCHEDULES[name](lr, epochs - warmup, decay, every, max(final, LEAST))

    def rate(position: float) -> float:
        if position < warmup:
            return lr * (START + (1 - START) * position / warmup)
        return max(curve(position - warmup), sys.float_info.min)

    return rate
