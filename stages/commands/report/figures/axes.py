"""Axes: from values to places, and the round numbers that are written beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

Scale = Callable[[float], float]


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from low to high, about so many, in steps of 1, 2 or 5 times a power of 10."""
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def whole_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """The same, whole numbers only, and the last one among them."""
    found = sorted({round(value) for value in ticks(low, high, most) if value == round(value)})
    step = found[1] - found[0] if len(found) > 1 else 1
    last = round(high)
    kept = [value for value in found if value == last or last - value > 0.6 * step]
    first = round(low)
    if not any(value - first < 0.6 * step for value in kept):
        kept.insert(0, first)
    return [float(value) for value in dict.fromkeys([*kept, last])]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten from low to high; with 2 and 5 times these where there are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        found = [f * 10.0**p for p in powers for f in factors]
        found = [value for value in found if low * 0.999 <= value <= high * 1.001]
        if len(found) >= 3:
            break
    return found[:: -(-len(found) // 6)] if found else [low]


def scale(low: float, high: float, start: float, end: float, log: bool = False) -> Scale:
    """The places between start and end for values from low to high."""
    if log:
        inner = scale(math.log10(low), math.log10(high), start, end)
        return lambda value: inner(math.log10(max(value, low)))
    span = (high - low) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def spread(places: list[float], apart: float, low: float, high: float) -> list[float]:
    """Places for labels near these, in their order, `apart` from each other, from low to high."""
    order = sorted(range(len(places)), key=places.__getitem__)
    found = list(places)
    for before, after in pairwise(order):
        found[after] = max(found[after], found[before] + apart)
    limit = high
    for one in reversed(order):
        found[one] = max(low, min(found[one], limit))
        limit = found[one] - apart
    return found
