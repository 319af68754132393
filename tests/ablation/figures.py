"""From results to figures: means, deviations, differences, a table and a JSON value.

A seed decides about the split, the order of the images, the augmentation and the first weights. So
rows are compared seed by seed, and the deviation of a difference is that of the differences: what
a seed does to both falls out.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from pipeline.cli.display import align
from tests.ablation.rows import RECIPE
from tests.ablation.trainings import Found

KINDS = ("plain", "tta")
NONE = "–"


def summarize(found: Sequence[Found]) -> list[dict[str, Any]]:
    """A JSON value for each row; accuracies and differences are parts of 1.

    Each figure is (mean, standard deviation over the seeds); the deviation of one seed is None, and
    so are the figures of a row of which every training failed.
    """
    (recipe,) = (one for one in found if one.row.name == RECIPE)
    rows = []
    for one in found:
        results = {seed: r for seed, r in one.results.items() if not r.failure}
        row: dict[str, Any] = {
            "name": one.row.name,
            "group": one.row.group,
            "flags": one.row.flags,
            "chosen": " ".join(one.flags),
            "tried": {" ".join(flags): r.plain for flags, r in one.tried.items() if not r.failure},
            "seeds": list(results),
            "failures": {seed: r.failure for seed, r in one.results.items() if r.failure},
            "seconds": statistics.median(r.seconds for r in results.values()) if results else None,
        }
        pairs = [(r, recipe.results[s]) for s, r in results.items()]
        pairs = [(r, other) for r, other in pairs if not other.failure]
        for kind in KINDS:
            row[kind] = [getattr(r, kind) for r in results.values()]
            row[f"{kind} figure"] = figure(row[kind])
            differences = [getattr(r, kind) - getattr(other, kind) for r, other in pairs]
            row[f"{kind} difference"] = None if one is recipe else figure(differences)
        rows.append(row)
    return rows


def figure(values: Sequence[float]) -> tuple[float, float | None] | None:
    """Mean and standard deviation (of a sample: over n - 1)."""
    if not values:
        return None
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else None


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line per row, in groups; accuracies in percent, differences in percentage points."""
    head = [*(f"{kind}, %" for kind in KINDS), *(f"Δ {kind}" for kind in KINDS)]
    lines, group = [["", *head, "seconds", "flags"]], None
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            lines.append([f"{group}:", *[""] * 6])
        flags = row["chosen"] if row["plain"] else next(iter(row["failures"].values()))
        for choice in (word for word in row["flags"].split() if "|" in word and row["plain"]):
            flags += f"  (best of {choice.replace('|', ', ')})"
        if row["plain"] and row["failures"]:
            flags += f"  (failed with seed {', '.join(map(str, row['failures']))})"
        lines.append(
            [
                f"  {row['name']}",
                *(shown(row[f"{kind} figure"]) for kind in KINDS),
                *(shown(row[f"{kind} difference"], "+") for kind in KINDS),
                NONE if row["seconds"] is None else f"{row['seconds']:,.0f}",
                flags,
            ]
        )
    return align(lines, right=range(1, 6))


def shown(value: tuple[float, float | None] | None, sign: str = "") -> str:
    """A figure for people, in percent: 64.31 ± 0.21."""
    if value is None:
        return NONE
    mean, deviation = (None if number is None else 100 * number for number in value)
    return f"{mean:{sign}.2f}" + ("" if deviation is None else f" ± {deviation:.2f}")
