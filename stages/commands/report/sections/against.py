"""The sections of a comparison: figures, curves over each other, images, McNemar's test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from stages.commands.report.compare import Pair, differences, pair
from stages.commands.report.figures.colours import LINES_LIGHT
from stages.commands.report.figures.intervals import Row, draw
from stages.commands.report.html import Markup, join, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.curves import curves_over
from stages.commands.report.sections.parts import command, figure, section, table, tiles
from stages.commands.report.statistics import calibration, wilson
from stages.commands.report.words import NONE, interval, number, percent, seconds, several

IMAGES, CLASSES, ALL_PAIRS = 12, 2, 6  # images of a kind; runs up to which all pairs are compared
TEST = (
    "McNemar's test looks at the images that only one of two runs gets right. If both were equally "
    "good, each would go to either like a toss of a coin; the chance is the probability of a split "
    "at least so uneven. With many pairs, some are uneven by luck."
)
Figure = Callable[[Record], str]


def _ends(record: Record) -> str:
    test = record.figures.get("test")
    if not test or record.accuracy is None:
        return NONE
    return interval(wilson(record.accuracy * test["images"], test["images"]))


def _calibration(record: Record) -> str:
    found = record.predictions
    return percent(calibration(found.confidence, found.right).error) if found else NONE


FIGURES: dict[str, Figure] = {
    "test accuracy": lambda r: percent(r.accuracy),
    "95% interval": _ends,
    "validation accuracy": lambda r: percent(r.best.get("validation_accuracy")),
    "training accuracy": lambda r: percent(r.best.get("accuracy")),
    "test loss": lambda r: number(r.loss),
    "calibration error": _calibration,
    "parameters": lambda r: f"{r.weights:,}",
    "epochs, best of": lambda r: f"{r.best_epoch} of {r.epochs}",
    "training time": lambda r: seconds(sum(r.epoch_seconds)),
}
FACTS: dict[str, Figure] = {  # that are listed where they differ
    "dataset": lambda r: r.dataset,
    "trained on": lambda r: r.written[:10],
    "machine": lambda r: r.machine,
    "code": lambda r: r.code[:8],
}


def figures(records: Sequence[Record], labels: Sequence[str]) -> Markup:
    """A column for each run: what came out, then the hyperparameters that differ."""
    rows = [[name, *(figure(record) for record in records)] for name, figure in FIGURES.items()]
    facts = [[name, *(fact(record) for record in records)] for name, fact in FACTS.items()]
    rows += [row for row in facts if len(set(row[1:])) > 1]
    numbers = range(1, len(records) + 1)
    first = table(
        ["run", *_named(records, labels, "num")], rows, "Figures of the runs", right=numbers
    )
    differing = differences(records)
    title = tag("h3", "What differs")
    if differing:
        cells = [
            [
                tag("th", tag("code", flag), scope="row"),
                *(tag("td", tag("code", v)) for v in values),
            ]
            for flag, values in differing.items()
        ]
        second = table(["flag", *_named(records, labels)], cells, "Hyperparameters that differ")
    else:
        second = tag("p", "No hyperparameter does.")
    lead = "Everything that is not listed under “What differs” is the same in all."
    tables = tag("div", first, title, second)
    beside = tag("div", tables, _intervals(records, labels), class_="runs-figures")
    return section("runs", "Side by side", lead, beside)


def key(place: int) -> Markup:
    """The mark of a run: its colour, and stripes where its lines are dashed."""
    again = " again" if place >= len(LINES_LIGHT) else ""
    return tag("span", "", class_=f"key c{place % len(LINES_LIGHT)}{again}")


def _intervals(records: Sequence[Record], labels: Sequence[str]) -> Markup | None:
    """The accuracies with their intervals, a row each."""
    rows = []
    for place, (record, label) in enumerate(zip(records, labels, strict=True)):
        test = record.figures.get("test")
        if test and record.accuracy is not None:
            ends = wilson(record.accuracy * test["images"], test["images"])
            name = label.split("=")[-1]
            rows.append(Row(name, record.accuracy, ends, place % len(LINES_LIGHT)))
    if len(rows) < 2:
        return None
    said = ", ".join(f"{row.name} {percent(row.value)}, {interval(row.ends)}" for row in rows)
    note = "with 95% intervals; runs on the same images are told apart better by McNemar's test"
    return figure(draw(rows, f"Test accuracy with 95% intervals: {said}"), "Test accuracy", note)


def _named(
    records: Sequence[Record], labels: Sequence[str], style: str | None = None
) -> list[Markup]:
    return [
        tag("th", key(place), label, scope="col", class_=style)
        for place, (label, _) in enumerate(zip(labels, records, strict=True))
    ]


def curves(records: Sequence[Record], labels: Sequence[str]) -> Markup | None:
    """Their curves over each other."""
    drawn = curves_over(records, labels)
    lead = "On validation images; on training images where a run held none back."
    return section("curves", "How they learned", lead, drawn) if drawn else None


def tests(records: Sequence[Record], labels: Sequence[str]) -> Markup:
    """McNemar's test for all pairs, or for each with the first where there are too many."""
    names = dict(zip((record.name for record in records), labels, strict=True))
    pairs = list(combinations(records, 2))
    if len(records) > ALL_PAIRS:
        pairs = [(records[0], other) for other in records[1:]]
    rows = [_row(pair(a, b), names[a.name], names[b.name]) for a, b in pairs]
    heads = ["runs", "only the first", "only the second", "chance", "verdict"]
    grid = table(heads, rows, "McNemar's tests", right=(1, 2, 3))
    return section("mcnemar", "Is the difference more than chance?", TEST, grid)


def _row(found: Pair | str, first: str, second: str) -> list[object]:
    name = join([first, tag("span", " and ", class_="muted"), second])
    if isinstance(found, str):
        return [name, NONE, NONE, NONE, found]
    counts = [f"{len(found.only_first):,}", f"{len(found.only_second):,}"]
    return [name, *counts, _chance(found.chance), _verdict(found, first, second)]


def _chance(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _verdict(found: Pair, first: str, second: str) -> Markup:
    if found.better is None:
        return tag("span", "may be chance", class_="muted")
    return tag(
        "span", f"{first if found.better is found.first else second} is better", class_="better"
    )


def images(records: Sequence[Record], labels: Sequence[str]) -> Markup | None:
    """Images that one run gets right and another wrong: of the first run and each of the next."""
    parts = []
    for other, label in zip(records[1:3], labels[1:3], strict=False):
        found = pair(records[0], other)
        if isinstance(found, str):
            continue
        for right, wrong, words, numbers in (
            (labels[0], label, found.second, found.only_first),
            (label, labels[0], found.first, found.only_second),
        ):
            if len(numbers) and words.predictions is not None:
                title = f"{several(len(numbers), 'image')} right with {right}, wrong with {wrong}"
                drawn = tiles(words.predictions, numbers[:IMAGES], words.classes, CLASSES)
                parts += [tag("h3", title), drawn]
    lead = (
        "The bars are the probabilities of the run that is wrong. First come the images that the "
        "other one is surest of."
    )
    return section("images", "Where they disagree", lead, *parts) if parts else None


def commands(records: Sequence[Record], labels: Sequence[str]) -> Markup:
    """How to make each of them again."""
    parts = []
    for record, label in zip(records, labels, strict=True):
        parts.append(tag("h3", label))
        parts.append(command(record.command, f"Command of {label}"))
    return section("making", "Make them again", None, *parts)
