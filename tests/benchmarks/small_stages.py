"""Stages that do next to nothing: what is left is the framework's (many_items.py)."""

from __future__ import annotations

import time
from typing import Annotated

import numpy as np

from pipeline import Option, Pipeline, stage

MILLISECOND = 0.001  # seconds of work in an item


@stage(outputs=("numbers",))
def count(*, upto: Annotated[int, Option("how many")] = 10_000) -> list[int]:
    """Numbers."""
    return list(range(upto))


@stage(outputs=("squares",), over="numbers")
def square(numbers: int) -> int:
    """Keep a core busy for a millisecond."""
    began = time.thread_time()
    while time.thread_time() - began < MILLISECOND:
        pass
    return numbers**2


@stage(outputs=("sum",))
def add(squares: list[int]) -> int:
    """One item at a time."""
    return sum(squares)


ITEMS = Pipeline(count, square, add)


@stage(outputs=("table",))
def draw() -> np.ndarray:
    """A megabyte that all trials have in common."""
    return np.random.default_rng(0).normal(size=(1 << 17,))


@stage(outputs=("score",))
def trial(table: np.ndarray, *, number: Annotated[int, Option("its number")] = 0) -> float:
    """Nothing to speak of."""
    return float(table[number])


TRIALS = Pipeline(draw, trial)
