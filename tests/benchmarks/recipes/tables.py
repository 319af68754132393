"""The figures of race.py as two tables: an epoch of each contestant, and time to an accuracy."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

from pipeline.cli.display import align
from tests.benchmarks.recipes.contestant import OURS, PRODUCTS

ACCURACIES = (0.60, 0.65, 0.70)
NONE = "–"
Found = dict[str, dict[str, Any]]  # by recipe: what `measure` finds


def tables(found: Found) -> str:
    """Both, and what is missing."""
    parts = [epochs(found), times(found)]
    if missing := sorted({kind for result in found.values() for kind in result["missing"]}):
        parts.append(f"missing: {', '.join(missing)}; pip install -e '.[bench]'")
    return "\n\n".join(parts)


def epochs(found: Found) -> str:
    """Median seconds of an epoch, and the ratio to ours in the same turn, the first one apart."""
    head = ["recipe", "contestant", "s an epoch", "GF/s", "ours takes", "(quartiles)"]
    rows = [[*head, "loss", "test", "flip TTA", "start-up, s"]]
    for name, result in found.items():
        for kind in result["started"]:
            seconds = [s for own in pairs(result, kind) for s, _ in own]
            ratios = [mine / s for own in pairs(result, kind) for s, mine in own]
            median = statistics.median(seconds)
            ratio = quartiles = ""
            if kind != OURS:
                low, ratio, high = (f"{value:.2f} ×" for value in spread(ratios))
                quartiles = f"{low[:-2]} to {high[:-2]}"
            last = [run[kind][-1] for run in result["trainings"] if kind in run]
            scores = [turn["accuracies"] for turn in last if turn["accuracies"]]
            figures = [middle(column) for column in zip(*scores, strict=True)] or [None, None]
            rate = result["operations"] / median / 1e9
            rows.append([name, kind, f"{median:.2f}", f"{rate:.0f}", ratio, quartiles])
            loss = NONE if kind == PRODUCTS else f"{middle(t['loss'] for t in last):.3f}"
            rows[-1] += [loss, *map(percent, figures), f"{result['started'][kind]:.1f}"]
    return align(rows, right=range(2, 10))


def times(found: Found) -> str:
    """Seconds of training until the accuracy with flip TTA was reached, after some epoch."""
    head = [f"{accuracy:.0%}" for accuracy in ACCURACIES]
    rows = [["seconds to test accuracy (flip TTA)", "", *head, *(f"ours, {word}" for word in head)]]
    for name, result in found.items():
        kinds = [kind for kind in result["started"] if timed(result["trainings"][0][kind])]
        columns = {kind: [reached(result, kind, a) for a in ACCURACIES] for kind in kinds}
        for kind, own in columns.items():
            shown = [NONE if value is None else f"{value:.1f}" for value in own]
            both = zip(columns.get(OURS, own), own, strict=True)
            ratios = [f"{m / o:.2f} ×" if m and o and kind != OURS else "" for m, o in both]
            rows.append([name, kind, *shown, *ratios])
    return align(rows, right=range(2, 8))


def timed(turns: list[dict[str, Any]]) -> bool:
    """Whether accuracies are known after each epoch."""
    return all(turn["accuracies"] for turn in turns)


def reached(result: dict[str, Any], kind: str, accuracy: float) -> float | None:
    """Seconds until then, the median over the seeds; None unless each got there."""
    found = []
    for run in result["trainings"]:
        total, when = 0.0, None
        for turn in run.get(kind, ()):
            total += turn["seconds"]
            if when is None and turn["accuracies"][1] >= accuracy:
                when = total
        if when is None:
            return None
        found.append(when)
    return statistics.median(found)


def pairs(result: dict[str, Any], kind: str) -> list[list[tuple[float, float]]]:
    """(seconds, ours) of each turn of each training; the first is left out where there are more."""
    found = []
    for run in result["trainings"]:
        if kind in run:
            both = zip(run[kind], run.get(OURS, run[kind]), strict=True)
            own = [(turn["seconds"], mine["seconds"]) for turn, mine in both]
            found.append(own[1:] or own)
    return found


def spread(values: list[float]) -> list[float]:
    """Lower quartile, median, upper quartile."""
    if len(values) == 1:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def middle(values: Iterable[float]) -> float:
    """The median."""
    return statistics.median(values)


def percent(share: float | None) -> str:
    """As it is printed."""
    return NONE if share is None else f"{share:.1%}"
