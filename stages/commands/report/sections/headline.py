"""The head of the page: what was trained on what, and how well it does, with how sure that is."""

from __future__ import annotations

from stages.commands.report.figures.bars import interval_bar
from stages.commands.report.html import Markup, join, shorten, tag
from stages.commands.report.record import Record
from stages.commands.report.statistics import calibration, class_scores, wilson
from stages.commands.report.words import (
    NONE,
    interval,
    listed,
    number,
    percent,
    points,
    seconds,
    several,
)
from stages.commands.summary import SYNTHETIC

LONGEST = 40  # signs of a name in a sentence


def head(record: Record) -> Markup:
    """The title, a sentence on what was done, the figures, and what stands out."""
    return tag(
        "header",
        tag("p", "Training report", class_="over"),
        title(record),
        tag("p", deck(record), class_="deck"),
        synthetic(record.dataset),
        _figures(record),
        tag("ul", *(tag("li", one) for one in findings(record)), class_="findings"),
    )


def title(record: Record) -> Markup:
    """The recipe and the dataset; what differs from the recipe below, smaller."""
    recipe, *changes = record.recipe.split(" ")
    return join(
        [
            tag(
                "h1",
                recipe,
                tag("span", f" on {shorten(record.data, 2 * LONGEST)}", class_="on"),
            ),
            tag("p", "with ", *(tag("code", one) for one in changes), class_="with")
            if changes
            else None,
        ]
    )


def synthetic(dataset: str) -> Markup | None:
    """The warning that nobody can miss."""
    return tag("p", SYNTHETIC, class_="warning", role="note") if dataset == "synthetic" else None


def deck(record: Record) -> str:
    """What was trained on what, in a sentence."""
    images = record.counts
    words = f"{record.network[0].upper()}{record.network[1:]}"
    if record.weights:
        words += f" ({record.weights:,} parameters)"
    if record.epochs:
        most = record.parameters.get("epochs", record.epochs)
        stopped = f", stopped early of {most:,}" if record.epochs < most else ""
        words += f", trained for {several(record.epochs, 'epoch')}{stopped}"
        words += "," if stopped else ""
    if images["training"]:
        words += f" on {several(images['training'], record.unit)} of {len(record.classes)} classes"
    words += ". "
    rest = [f"{images[part]:,} for {part}" for part in ("validation", "test") if images[part]]
    return words + (f"Held back: {listed(rest)}." if rest else "")


def _figures(record: Record) -> Markup:
    """The figure that counts, large; the others beside it."""
    chance = 1 / max(len(record.classes), 1)
    test = record.figures.get("test")
    small = list(_small(record))
    if test is None or record.accuracy is None:
        large = tag("p", "This training has not been evaluated.", class_="muted")
    else:
        ends = wilson(record.accuracy * test["images"], test["images"])
        label = f"of the test {record.unit}s right" + (", with flip TTA" if record.flips else "")
        large = join(
            [
                tag("p", tag("b", percent(record.accuracy)), f" {label}"),
                interval_bar(record.accuracy, ends, chance),
                tag(
                    "p",
                    f"95% interval {interval(ends)}, from {several(test['images'], record.unit)}",
                    class_="note",
                ),
            ]
        )
    cells = [tag("div", tag("dt", k), tag("dd", v, tag("small", n))) for k, v, n in small]
    return tag("div", tag("div", large, class_="large"), tag("dl", *cells), class_="figures")


def _small(record: Record) -> list[tuple[str, str, str]]:
    found = []
    for part, name in (("test", "Test, plain"), ("validation", "Validation")):
        scores = record.figures.get(part, {})
        plain = scores.get("tta", scores) if part == "validation" and record.flips else scores
        if plain.get("accuracy") is not None and (part == "validation" or record.flips):
            ends = wilson(plain["accuracy"] * scores["images"], scores["images"])
            found.append((name, percent(plain["accuracy"]), interval(ends)))
    found.append(("Test loss", number(record.loss), "cross-entropy"))
    if record.best:
        chosen = "validation_loss" in record.best
        of = "its parameters were kept" if chosen else "kept without a choice by validation"
        name = "Best epoch" if chosen else "Epoch kept"
        found.append((name, str(record.best_epoch), f"of {record.epochs}; {of}"))
    if record.predictions:
        error = calibration(record.predictions.confidence, record.predictions.right).error
        found.append(("Calibration error", percent(error), "expected, 15 bins"))
    took = sum(record.epoch_seconds)
    each = f"{seconds(took / len(record.epoch_seconds))} an epoch" if took else ""
    found.append(("Training time", seconds(took) if took else NONE, each))
    return found


def findings(record: Record) -> list[Markup]:
    """What stands out, in a few sentences, each of them true of the figures below."""
    return [one for one in (_classes(record), _fit(record), _sure(record)) if one]


def _classes(record: Record) -> Markup | None:
    counts = record.confusion
    if counts is None or len(record.classes) < 2:
        return None
    recall = class_scores(counts).recall
    order = [place for place in recall.argsort() if recall[place] == recall[place]]
    if not order:
        return None
    worst, best = order[0], order[-1]
    off = counts.copy()
    off[range(len(off)), range(len(off))] = 0
    name = [tag("b", shorten(one, LONGEST)) for one in record.classes]
    words = [
        "Recognises ", name[best], f" best ({percent(recall[best], 0)} found) and ", name[worst],
        f" worst ({percent(recall[worst], 0)}).",
    ]  # fmt: skip
    if off.max():
        truth, taken = divmod(int(off.argmax()), len(off))
        share = percent(off[truth, taken] / counts[truth].sum(), 0)
        words += [
            " Its most frequent mistake is ", name[truth], " taken for ", name[taken],
            f": {several(int(off.max()), record.unit)}, {share} of the class.",
        ]  # fmt: skip
    return join(words)


def _fit(record: Record) -> Markup | None:
    best = record.best
    if "validation_accuracy" not in best:
        return None
    ahead = best["accuracy"] - best["validation_accuracy"]
    if abs(ahead) < 0.02:
        return join(
            ["Training and validation are within 2 points of each other: hardly any overfitting."]
        )
    if ahead > 0:
        more = "; more augmentation or dropout may close the gap" if ahead > 0.1 else ""
        return join([f"Training is {points(ahead)} ahead of validation{more}."])
    why = f"whose {record.unit}s are augmented or whose figures are means over the epoch"
    return join([f"Validation is {points(-ahead)} ahead of training, {why}."])


def _sure(record: Record) -> Markup | None:
    if record.predictions is None:
        return None
    found = calibration(record.predictions.confidence, record.predictions.right)
    if abs(found.bias) < 0.01:
        return join(["Well calibrated: on average as sure as it is right, within a point."])
    word = "Over-confident" if found.bias > 0 else "Under-confident"
    side = "surer" if found.bias > 0 else "less sure"
    return join([f"{word}: on average {points(abs(found.bias))} {side} than it is right."])
