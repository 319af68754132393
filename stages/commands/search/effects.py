"""Effects: how accuracy goes with each parameter of a search, over what the others happen to be."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

GROUPS = 8  # that many values of a range are put together in


def effects(trials: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """For each parameter with several values, the one with the largest spread first: its values,
    each with the mean accuracy (a fraction of 1) of its trials and their number.

    `trials` are those of the document; one that failed has no accuracy, and does not count. Of more
    than `GROUPS` numbers, neighbours are put together, under their mean.
    """
    whole = [trial for trial in trials if trial["accuracy"] is not None]
    names = list(whole[0]["parameters"]) if len(whole) > 1 else []
    found = {name: _of_one(name, whole) for name in names}
    several = {name: values for name, values in found.items() if len(values) > 1}
    return dict(sorted(several.items(), key=lambda pair: -spread(pair[1])))


def spread(values: Sequence[Mapping[str, Any]]) -> float:
    """The largest mean accuracy less the smallest."""
    means: list[float] = [one["accuracy"] for one in values]
    return max(means) - min(means)


def _of_one(name: str, trials: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sets: dict[Any, list[float]] = {}
    for trial in trials:
        value = trial["parameters"][name]
        key = tuple(value) if isinstance(value, list) else value
        sets.setdefault(key, []).append(trial["accuracy"])
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in sets)
    ordered = sorted(sets.items()) if numeric else list(sets.items())
    if numeric and len(ordered) > GROUPS:
        ordered = _grouped(ordered)
    return [
        {
            "value": list(value) if isinstance(value, tuple) else value,
            "accuracy": statistics.mean(scores),
            "trials": len(scores),
        }
        for value, scores in ordered
    ]


def _grouped(ordered: list[tuple[Any, list[float]]]) -> list[tuple[Any, list[float]]]:
    size = -(-len(ordered) // GROUPS)
    return [_together(ordered[i : i + size]) for i in range(0, len(ordered), size)]


def _together(group: list[tuple[Any, list[float]]]) -> tuple[Any, list[float]]:
    middle = float(f"{statistics.mean(value for value, _ in group):.3g}")
    return middle, [score for _, scores in group for score in scores]
