"""Summary: what a run found, as JSON fields and as the page that a person reads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.cli import display
from pipeline.cli.output import shown_place, terminal_width
from pipeline.cli.session import Session
from pipeline.cli.table import align, whole_width
from pipeline.events.fitting import beginning
from pipeline.outcome import Outcome

MISTAKEN = 3  # of the other classes, where there is no matrix
SQUARE = 20  # classes whose confusion matrix fits on a page
LISTED = 10  # classes and pairs of them that are listed where it does not
SYNTHETIC = (
    "THE IMAGES ARE SYNTHETIC: drawn shapes, not CIFAR-10; no figure here says anything about it"
)


def summarize(session: Session, outcome: Outcome) -> dict[str, Any]:
    """The fields of the JSON document: dataset, validation, test, epochs, model."""
    found: dict[str, Any] = {}
    if "dataset" in outcome:
        found["dataset"] = outcome["dataset"]["name"]
    if "training" in outcome:
        training = outcome["training"]
        found["epochs"] = training.get("history", [])
        found["best_epoch"] = training.get("best_epoch")
        found["epoch_seconds"] = outcome.notes("training").get("epoch_seconds", [])
    if "evaluation" in outcome:
        evaluation = outcome["evaluation"]
        found |= {part: evaluation[part] for part in ("validation", "test") if part in evaluation}
    if "model" in outcome:
        found["model"] = outcome.path("model")
    return found


def render(document: Mapping[str, Any]) -> str:
    """The page: the scores where there are some, else the artifacts."""
    if "test" not in document:
        return display.artifact_table(document)
    test = document["test"]
    lines = [SYNTHETIC, ""] if document["dataset"] == "synthetic" else []
    lines += [_scores(document), "", _confusion(test)]
    if "model" in document:
        lines += ["", shown_place(document["model"], "model: ")]
    if "report" in document:
        lines += [shown_place(document["report"], "report: ")]
    return "\n".join(lines)


def _scores(document: Mapping[str, Any]) -> str:
    rows = [[f"dataset: {document['dataset']}", "images", "loss", "accuracy", "balanced"]]
    baseline = ""
    for part in ("validation", "test"):
        if part in document:
            plain = document[part]
            figures = {part: plain}
            if "tta" in plain:
                figures[f"{part}, flip TTA"] = {**plain, **plain["tta"], "balanced_accuracy": None}
            for name, found in figures.items():
                loss, accuracy = f"{found['loss']:.4f}", f"{found['accuracy']:.2%}"
                balanced = found.get("balanced_accuracy")
                shown = "" if balanced is None else f"{balanced:.2%}"
                rows.append([name, f"{found['images']:,}", loss, accuracy, shown])
            if "majority" in plain:
                most = plain["majority"]
                baseline = f"majority class ({most['class']}): {most['accuracy']:.2%}"
    if not any(row[4] for row in rows[1:]):
        rows = [row[:4] for row in rows]
    page = align(rows, right=(1, 2, 3, 4), drop=(4,), shorten=(0,))
    return f"{page}\n{baseline}" if baseline else page


def _confusion(test: Mapping[str, Any]) -> str:
    """Accuracy by class beside the confusion matrix: truth in rows, predictions in columns.

    Where the terminal is too narrow for the matrix, each class has what it is mostly taken for; of
    many classes there are those that did worst and the pairs that were confused most.
    """
    names = list(test["per_class"])
    if len(names) > SQUARE:
        return _worst(test, names)
    counts = test["confusion"]
    accuracies = [_percent(test["per_class"][name]) for name in names]
    rows = [["test: truth ↓ prediction →", "accuracy", *(beginning(name, 5) for name in names)]]
    for name, accuracy, row in zip(names, accuracies, counts, strict=True):
        rows.append([name, accuracy, *(str(count) if count else "·" for count in row)])
    if whole_width(rows) <= (terminal_width() or math.inf):
        return align(rows, right=range(1, len(names) + 2))
    rows = [["test", "accuracy", "mostly taken for"]]
    for number, (name, accuracy, row) in enumerate(zip(names, accuracies, counts, strict=True)):
        others = sorted(
            (i for i in range(len(row)) if i != number and row[i]), key=lambda i: -row[i]
        )
        taken = ", ".join(f"{names[i]} {row[i]}" for i in others[:MISTAKEN])
        rows.append([name, accuracy, taken or "–"])
    return align(rows, right=(1,), shorten=(0, 2))


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{part:.1%}"


def _worst(test: Mapping[str, Any], names: list[str]) -> str:
    known = [(share, name) for name, share in test["per_class"].items() if share is not None]
    rows = [[f"test: worst of {len(names):,} classes", "accuracy"]]
    rows += [[name, f"{share:.1%}"] for share, name in sorted(known)[:LISTED]]
    wrong = test.get("confused") or [
        [names[truth], names[guess], count]
        for truth, row in enumerate(test["confusion"])
        for guess, count in enumerate(row)
        if count and guess != truth
    ]
    pairs = [["most confused: truth", "prediction", "times"]]
    pairs += [
        [truth, guess, str(n)] for truth, guess, n in sorted(wrong, key=lambda w: -w[2])[:LISTED]
    ]
    return f"{align(rows, right=(1,))}\n\n{align(pairs, right=(2,))}"
