"""Successive halving: many begin with a little, and the better part goes on with more.

The rounds are those of Jamieson & Talwalkar (2016): each has `factor` times as much to spend on a
trial as the one before, and a `factor`-th of its trials. The last one, of `factor` at most, has
the whole.
"""

from __future__ import annotations

import math


def rounds(trials: int, factor: int) -> list[tuple[int, float]]:
    """(how many trials go into it, what part of the whole each may spend) for each round."""
    counts = [trials]
    while counts[-1] > factor:
        counts.append(math.ceil(counts[-1] / factor))
    last = len(counts) - 1
    return [(count, float(factor) ** (place - last)) for place, count in enumerate(counts)]
