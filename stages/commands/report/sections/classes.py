"""The table by class: precision, recall and F1."""

from __future__ import annotations

import numpy as np

from stages.commands.report.html import Markup, shorten, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.parts import section, table
from stages.commands.report.statistics import class_scores, wilson
from stages.commands.report.words import interval, percent

LEAD = (
    "Precision: of all that is taken for a class, the share that is of it. Recall: of all that is "
    "of a class, the share that was found, with its 95% interval. F1 is their harmonic mean."
)


def classes(record: Record) -> Markup | None:
    """A row for each class, the best first, and the means over classes last."""
    counts = record.confusion
    if counts is None:
        return None
    scores = class_scores(counts)
    rows = []
    for place in np.argsort(-np.nan_to_num(scores.f1, nan=-1), kind="stable"):
        images, recall = int(scores.images[place]), float(scores.recall[place])
        ends = interval(wilson(recall * images, images), 0) if images else "–"
        rows.append(
            [
                shorten(record.classes[place], 40),
                _bar(scores.precision[place]),
                _bar(recall),
                _bar(scores.f1[place]),
                ends,
                f"{images:,}",
            ]
        )
    means = [_mean(values) for values in (scores.precision, scores.recall, scores.f1)]
    rows.append(["mean", *means, "", f"{int(scores.images.sum()):,}"])
    heads = ["class", "precision", "recall", "F1", "95% of recall", f"{record.unit}s"]
    grid = table(heads, rows, "Scores by class", right=(1, 2, 3, 4, 5), style="byclass")
    return section("classes", "Class by class", LEAD, grid)


def _mean(values: np.ndarray) -> Markup:
    known = values[~np.isnan(values)]
    return _bar(known.mean() if len(known) else np.nan)


def _bar(value: float) -> Markup:
    """A cell with a bar as long as its value."""
    if np.isnan(value):
        return tag("td", "–", class_="num")
    shown = tag("span", percent(float(value)), style=f"--p:{100 * float(value):.1f}%")
    return tag("td", shown, class_="num bar")
