"""The figures as a picture: rates by contestant, and how they scale."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from tests.benchmarks.contestants import KINDS


def draw(found: dict[str, Any], path: Path) -> bool:
    """Write the plot to `path`; False where Matplotlib is not installed."""
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        return False
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    panels = [*found.get("step", {}).items()]
    axes_of = [(axis, points) for axis, points in found.get("scaling", {}).items()]
    columns = max(len(panels), len(axes_of), 1)
    figure, axes = plt.subplots(2, columns, figsize=(4 * columns, 7), squeeze=False)
    for axis in axes.flat:
        axis.set_visible(False)
    for axis, (name, result) in zip(axes[0], panels, strict=False):
        axis.set_visible(True)
        kinds = [kind for kind in KINDS if kind in result["rates"]]
        medians = [statistics.median(result["rates"][kind]) / 1000 for kind in kinds]
        colours = ["tab:red" if kind.startswith("ours") else "tab:gray" for kind in kinds]
        axis.barh(kinds[::-1], medians[::-1], color=colours[::-1])
        axis.set_title(name, fontsize=10)
        axis.set_xlabel("thousand images/s")
        if axis is not axes[0][0]:
            axis.set_yticklabels([])
    for axis, (name, points) in zip(axes[1], axes_of, strict=False):
        axis.set_visible(True)
        shown = {at: value for at, value in points.items() if "memory" not in at}
        axis.plot(list(shown), [value / 1000 for value in shown.values()], "o-", color="tab:red")
        axis.set_ylim(bottom=0)
        axis.set_title(f"by {name}", fontsize=10)
        axis.set_ylabel("thousand images/s")
        axis.tick_params(axis="x", rotation=45)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    return True
