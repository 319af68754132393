"""Which combinations of a space are tried: all of them, or some that are drawn.

What is drawn is a function of the seed and of the draw's number, in each dimension by itself: to
ask for more trials adds to those that were drawn before, and one more dimension changes no other.
"""

from __future__ import annotations

from random import Random
from typing import Any

from pipeline.errors import ConfigError
from pipeline.search.space import Space, grid, size

MOST = 10_000  # combinations that anyone could mean
ATTEMPTS = 100  # draws for each new combination, where most have been seen


def combinations(space: Space, trials: int | None, seed: int = 0) -> list[dict[str, Any]]:
    """The values of each trial; None: the whole grid. Each combination is there once.

    Raises `ConfigError` where the grid has no end, or none in sight.
    """
    count = size(space)
    if trials is None or count <= trials:
        if count > MOST:
            found = "a range" if count == float("inf") else f"{count:,}"
            raise ConfigError(
                f"search: expected at most {MOST:,} combinations, found {found}; draw some of them "
                "with --trials 20"
            )
        return list(grid(space))
    return _drawn(space, trials, seed)


def _drawn(space: Space, trials: int, seed: int) -> list[dict[str, Any]]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for number in range(ATTEMPTS * trials):
        values = {d.name: d.at(_part(seed, number, d.name)) for d in space}
        found.setdefault(tuple(values.values()), values)
        if len(found) == trials:
            break
    return list(found.values())


def _part(seed: int, number: int, name: str) -> float:
    """A number from 0 to below 1. That of `random` is the same for a text on every Python."""
    return Random(f"{seed} {number} {name}").random()
