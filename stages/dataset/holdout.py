"""Holdout: the test set of a dataset that brings none.

A fifth of each class, drawn by a seed that never changes: the test images are the same in every
run and for every --seed, so that models can be compared, and no run trains on another's test set.
"""

from __future__ import annotations

import numpy as np

from pipeline.errors import DataError

SEED = 0
FIFTH = 5


def held_out(numbers: np.ndarray, where: str) -> np.ndarray:
    """bool (n,): which examples test, of those with these numbers of classes (n,).

    A class of one example only trains; of two or more at least one tests. Raises `DataError` where
    nothing is left to test.
    """
    generator = np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(FIFTH,)))
    test = np.zeros(len(numbers), bool)
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        count = max(round(len(rows) / FIFTH), 1) if len(rows) > 1 else 0
        test[generator.permutation(rows)[:count]] = True
    if not test.any():
        raise DataError(
            f"{where}: expected two examples or more of some class, to train and to test, found "
            "one of each; bring more"
        )
    return test
