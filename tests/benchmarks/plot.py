"""The figures as a picture: rates by contestant with their spread, and how they scale."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from tests.benchmarks.contestants import KINDS

OURS, PEERS, LIMITS = "#c0392b", "#7f8c8d", "#d5dbdb"


def draw(found: dict[str, Any], path: Path) -> bool:
    """Write the plot of what was measured to `path`; False where Matplotlib is not installed."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        return False
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    rows = [
        [(bars, name, result) for name, result in found.get("step", {}).items()],
        [(curve, name, points) for name, points in found.get("scaling", {}).items()],
    ]
    rows = [row for row in rows if row]
    columns = max(map(len, rows), default=1)
    size = 3.6 * columns, max(3.4 * len(rows), 1)
    figure, axes = plt.subplots(
        max(len(rows), 1), columns, figsize=size, squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.set_visible(False)
    for row, shown in zip(axes, rows, strict=False):
        for axis, (kind, name, values) in zip(row, shown, strict=False):
            axis.set_visible(True)
            axis.spines[["top", "right"]].set_visible(False)
            kind(axis, name, values, first=axis is row[0])
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return True


def bars(axis: Any, name: str, result: dict[str, Any], first: bool) -> None:
    """Medians of the contestants, the fastest turn and the slowest as a line."""
    kinds = [kind for kind in KINDS if kind in result["rates"]][::-1]
    rates = [[rate / 1000 for rate in result["rates"][kind]] for kind in kinds]
    middle = [statistics.median(values) for values in rates]
    spread = [
        [m - min(values) for m, values in zip(middle, rates, strict=True)],
        [max(values) - m for m, values in zip(middle, rates, strict=True)],
    ]
    axis.barh(kinds, middle, color=[colour(kind) for kind in kinds], xerr=spread, ecolor="#555555")
    for place, value in enumerate(middle):
        axis.annotate(
            f"{value:,.0f}", (0, place), (4, 0), textcoords="offset points", va="center", size=8
        )
    axis.set_title(name, fontsize=10)
    axis.set_xlabel("thousand images/s")
    if not first:
        axis.set_yticklabels([])


def curve(axis: Any, name: str, points: dict[Any, float], first: bool) -> None:
    """A rate along what grows, all at the same distance."""
    shown = {str(at): value / 1000 for at, value in points.items() if "memory" not in str(at)}
    axis.plot(list(shown), list(shown.values()), "o-", color=OURS)
    axis.set_ylim(0, 1.1 * max(shown.values()))
    axis.set_title(f"by {name}", fontsize=10)
    axis.tick_params(axis="x", rotation=45)
    if first:
        axis.set_ylabel("thousand images/s")


def colour(kind: str) -> str:
    """This program, its peers, and what nobody can beat."""
    return OURS if kind.startswith("ours") else LIMITS if kind.startswith("GEMM") else PEERS
