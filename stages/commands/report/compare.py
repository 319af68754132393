"""Two runs or more: which images they differ on, and whether that can be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.commands.report.predictions import Predictions
from stages.commands.report.record import Record
from stages.commands.report.statistics import mcnemar


@dataclass(frozen=True)
class Pair:
    """Two runs on the same test images: numbers of the images that only one of them gets right.

    chance: the probability of such a difference if both are equally good (McNemar's test).
    """

    first: Record
    second: Record
    only_first: np.ndarray
    only_second: np.ndarray
    chance: float

    @property
    def better(self) -> Record | None:
        """The run that is right more often, where that is unlikely to be chance."""
        if self.chance >= 0.05:
            return None
        return self.first if len(self.only_first) > len(self.only_second) else self.second


def pair(first: Record, second: Record) -> Pair | str:
    """How two runs differ; or why they cannot be held against each other, in a few words."""
    a, b = first.predictions, second.predictions
    if a is None or b is None:
        return first.missing or second.missing or "one of them has no predictions"
    same = first.dataset == second.dataset and first.classes == second.classes
    if not same or not np.array_equal(a.truth, b.truth) or not np.array_equal(a.rows, b.rows):
        return "they were tested on different images"
    only_first = np.flatnonzero(a.right & ~b.right)
    only_second = np.flatnonzero(b.right & ~a.right)
    chance = mcnemar(len(only_first), len(only_second))
    return Pair(first, second, surest(only_first, a), surest(only_second, b), chance)


def surest(numbers: np.ndarray, found: Predictions) -> np.ndarray:
    """Numbers of images, those that the run is surest of first."""
    return numbers[np.argsort(-found.confidence[numbers], kind="stable")]


def labels(records: Sequence[Record]) -> list[str]:
    """What distinguishes the runs: hidden=128, where that is all that differs, else their names."""
    differing = differences(records)
    if len(differing) == 1:
        ((flag, values),) = differing.items()
        if len(set(values)) == len(values):
            return [f"{flag[2:]}={value}" for value in values]
    return [record.name for record in records]


def differences(records: Sequence[Record]) -> dict[str, list[str]]:
    """Flag → its value in each run, for the parameters that are not the same in all."""
    texts = [{one.flag: one.text for one in record.settings} for record in records]
    flags = dict.fromkeys(flag for found in texts for flag in found)
    rows = {flag: [found.get(flag, "–") for found in texts] for flag in flags}
    return {flag: values for flag, values in rows.items() if len(set(values)) > 1}
