"""The page of two runs or more, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from stages.commands.report.compare import labels, pair
from stages.commands.report.html import Markup, join, tag
from stages.commands.report.page import page
from stages.commands.report.record import Record
from stages.commands.report.sections import against
from stages.commands.report.sections.headline import synthetic
from stages.commands.report.words import listed, percent, points, several

SECTIONS = {
    "Side by side": against.figures,
    "Curves": against.curves,
    "McNemar's test": against.tests,
    "Images": against.images,
    "Make them again": against.commands,
}


def comparison_page(records: Sequence[Record]) -> str:
    """The page of a comparison. Runs stand in the order in which they are given."""
    names = labels(records)
    drawn = {name: section(records, names) for name, section in SECTIONS.items()}
    return page(f"{len(records)} runs side by side", _head(records, names), drawn)


def _head(records: Sequence[Record], names: Sequence[str]) -> Markup:
    datasets = list(dict.fromkeys(record.data for record in records))
    warning = next((found for one in records if (found := synthetic(one.dataset))), None)
    rows = [
        tag("li", against.key(place), tag("b", name), f" {record.recipe}")
        for place, (name, record) in enumerate(zip(names, records, strict=True))
    ]
    return tag(
        "header",
        tag("p", "Comparison", class_="over"),
        tag(
            "h1", several(len(records), "run"), tag("span", f" on {listed(datasets)}", class_="on")
        ),
        warning,
        tag("p", _verdict(records, names), class_="verdict"),
        tag("ul", *rows, class_="runs"),
    )


def _verdict(records: Sequence[Record], names: Sequence[str]) -> Markup:
    """Which is best, and whether the next best could be as good."""
    known = [
        (r.accuracy, r, name)
        for r, name in zip(records, names, strict=True)
        if r.accuracy is not None
    ]
    known.sort(key=lambda one: -one[0])
    if len(known) < 2:
        return join(["Fewer than two of these runs have been evaluated."])
    (high, best, name), (low, second, other) = known[:2]
    more = f"{points(high - low)} more than " if high > low else "as many as "
    words = [
        tag("b", name), f" gets {percent(high)} of the test images right, {more}",
        tag("b", other), ". ",
    ]  # fmt: skip
    found = pair(best, second)
    if isinstance(found, str):
        words.append(f"The two cannot be tested against each other: {found}.")
    elif found.better is None:
        words.append(f"That may be chance (McNemar's test: p = {found.chance:.2f}).")
    else:
        label = f"= {found.chance:.3f}" if found.chance >= 0.001 else "< 0.001"
        words.append(f"That is unlikely to be chance (McNemar's test: p {label}).")
    return join(words)
