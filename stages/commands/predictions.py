"""Predictions for people and for other programs: as lines, and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.cli.table import align


def shown_name(name: str) -> str:
    """A file name as a line of text: it may hold anything, commands to the terminal among it."""
    return name if name.isprintable() else ascii(name)


def as_text(predictions: list[dict[str, Any]], top: int) -> str:
    """A line for each: its name, and the most probable classes."""
    rows = []
    for prediction in predictions:
        ranked = sorted(prediction["probabilities"].items(), key=lambda pair: -pair[1])[:top]
        rows.append(
            [shown_name(prediction["image"]), *(f"{name} {value:.1%}" for name, value in ranked)]
        )
    columns = range(len(rows[0]) if rows else 0)
    return align(rows, drop=columns[:1:-1], shorten=columns) + "\n" if rows else ""


def csv_text(classes: Sequence[str], predictions: list[dict[str, Any]]) -> str:
    """A table with a line for each: file, class, and the probability of each class."""
    import csv
    import io

    page = io.StringIO()
    table = csv.writer(page, lineterminator="\n")
    table.writerow(["file", "class", *classes])
    for one in predictions:
        chances = [f"{one['probabilities'][name]:.6g}" for name in classes]
        table.writerow([one["image"], one["class"], *chances])
    return page.getvalue()
