"""The trials of a search as CSV, for other programs: one row each, the best first."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from pipeline.literals import flag_text

FIGURES = ("accuracy", "deviation", "loss")


def as_table(document: Mapping[str, Any]) -> str:
    """A header, then a row for each trial. Accuracies are fractions of 1, with all their digits."""
    names = list(document["trials"][0]["parameters"])
    page = io.StringIO()
    table = csv.writer(page, lineterminator="\n")
    table.writerow(["rank", *names, "epochs", *FIGURES, "best_epoch", "epoch_seconds", "failure"])
    for rank, trial in enumerate(document["trials"], 1):
        seeds = list(trial["seeds"].values())
        best = " ".join(str(seed["best_epoch"]) for seed in seeds)
        values = [_cell(trial["parameters"][name]) for name in names]
        figures = ["" if trial[name] is None else repr(trial[name]) for name in FIGURES]
        seconds = f"{sum(seed['epoch_seconds'] for seed in seeds):.3f}"
        row = [rank, *values, trial["epochs"], *figures, best, seconds, trial["failure"] or ""]
        table.writerow(row)
    return page.getvalue().rstrip("\n")


def _cell(value: Any) -> str:
    return flag_text(tuple(value) if isinstance(value, list) else value)
