"""Summary: what a run found, as JSON fields and as the page that a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.cli import display
from pipeline.cli.session import Session
from pipeline.outcome import Outcome

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
        lines += ["", f"model: {document['model']}"]
    if "report" in document:
        lines += [f"report: {document['report']}"]
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
    page = display.align(rows, right=(1, 2, 3, 4))
    return f"{page}\n{baseline}" if baseline else page


def _confusion(test: Mapping[str, Any]) -> str:
    """Accuracy by class beside the confusion matrix: truth in rows, predictions in columns.

    Of many classes, those that did worst and the pairs that were confused most.
    """
    names = list(test["per_class"])
    if len(names) > SQUARE:
        return _worst(test, names)
    counts = test["confusion"]
    rows = [["test: truth ↓ prediction →", "accuracy", *(name[:5] for name in names)]]
    for name, row in zip(names, counts, strict=True):
        accuracy = test["per_class"][name]
        shown = "–" if accuracy is None else f"{accuracy:.1%}"
        rows.append([name, shown, *(str(count) if count else "·" for count in row)])
    return display.align(rows, right=range(1, len(names) + 2))


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
    return f"{display.align(rows, right=(1,))}\n\n{display.align(pairs, right=(2,))}"
