"""The table as a picture: what each row loses or gains beside the recipe, with its deviation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.ablation.rows import RECIPE, ROWS

COLOURS = {"plain": "tab:gray", "tta": "tab:red"}


def draw(rows: Sequence[dict[str, Any]], title: str, path: Path) -> bool:
    """Write the plot to `path`; False where Matplotlib is not installed."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        return False
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    shown = [row for row in rows if row["name"] != RECIPE and row["plain difference"]]
    ticks: list[str] = []
    for row in shown:
        if row["group"] not in ticks:
            ticks += ["", row["group"]] if ticks else [row["group"]]
        ticks.append(row["name"])
    places = {name: place for place, name in enumerate(ticks)}
    figure, axis = plt.subplots(figsize=(8, 1.2 + 0.26 * len(ticks)))
    for number, (kind, colour) in enumerate(COLOURS.items()):
        figures = [row[f"{kind} difference"] for row in shown]
        axis.errorbar(
            [100 * mean for mean, _ in figures],
            [places[row["name"]] + 0.2 * number - 0.1 for row in shown],
            xerr=[100 * (deviation or 0) for _, deviation in figures],
            fmt="o",
            markersize=4,
            capsize=2,
            linewidth=1,
            color=colour,
            label=kind,
        )
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_yticks(range(len(ticks)), ticks)
    for label in axis.get_yticklabels():
        label.set_fontweight("normal" if label.get_text() in ROWS else "bold")
    axis.tick_params(axis="y", length=0)
    axis.set_ylim(len(ticks) - 0.3, -0.7)
    axis.grid(axis="x", linewidth=0.3)
    axis.set_xlabel(f"validation accuracy beside {RECIPE}, percentage points")
    axis.set_title(title, fontsize=10, loc="left")
    axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return True
