"""What sections are made of: a section with its heading, tables, figures, image tiles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from stages.commands.report.html import Markup, join, shorten, tag
from stages.commands.report.pixels import data_uri
from stages.commands.report.predictions import Predictions
from stages.commands.report.words import percent


def section(name: str, title: str, lead: Any, *content: Any) -> Markup:
    """A part of the page with a heading, and a sentence or two on what there is to see."""
    lead = tag("p", lead, class_="lead") if lead else None
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, lead, *content, id=name, aria_labelledby=f"{name}-title")


def figure(content: Any, title: Any, note: Any = None, style: str = "") -> Markup:
    """A picture under its title; what it shows is said first."""
    title = tag("strong", title)
    note = tag("span", note, class_="note") if note else None
    return tag("figure", tag("figcaption", title, note), content, class_=style or None)


def table(
    head: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    label: str,
    right: Iterable[int] = (),
    style: str = "",
) -> Markup:
    """A table whose first column names the rows; `right` names columns of figures.

    It can be scrolled sideways, by keys too, where the page is narrower than the table.
    """
    columns = dict.fromkeys(right, "num")

    def cell(number: int, value: Any, kind: str) -> Markup:
        if isinstance(value, Markup) and value.startswith(("<td", "<th")):
            return value
        scope = {"th": "col" if kind == "head" else "row"}
        name = "th" if kind == "head" or number == 0 else "td"
        return tag(name, value, scope=scope.get(name), class_=columns.get(number))

    top = tag("thead", tag("tr", *(cell(i, value, "head") for i, value in enumerate(head))))
    body = tag(
        "tbody",
        *(tag("tr", *(cell(i, value, "body") for i, value in enumerate(row))) for row in rows),
    )
    grid = tag("table", top, body, class_=style or None)
    return tag("div", grid, class_="scroll", tabindex="0", role="region", aria_label=label)


def facts(pairs: Mapping[str, Any]) -> Markup:
    """Names and values, one below the other."""
    return tag("dl", *(tag("div", tag("dt", k), tag("dd", v)) for k, v in pairs.items()))


def picture(image: np.ndarray, text: str, style: str = "pixels") -> Markup:
    """A small image, whose pixels stay squares."""
    return tag("img", src=data_uri(image), alt=text, class_=style, loading=None)


def tiles(found: Predictions, numbers: Iterable[int], classes: Sequence[str], most: int) -> Markup:
    """Images with what they are, what they were taken for, and the `most` probable classes."""
    return tag("ul", *(_tile(found, int(one), classes, most) for one in numbers), class_="tiles")


def _tile(found: Predictions, number: int, classes: Sequence[str], most: int) -> Markup:
    truth, taken = classes[found.truth[number]], classes[found.predicted[number]]
    chances = found.probabilities[number]
    best = np.argsort(-chances, kind="stable")[:most]
    bars = [
        tag(
            "li",
            tag("span", shorten(classes[place], 24), class_="what"),
            tag("span", percent(float(chances[place]), 0), class_="num"),
            style=f"--p:{100 * float(chances[place]):.0f}%",
            class_="true" if place == found.truth[number] else None,
        )
        for place in best
    ]
    right = bool(found.right[number])
    caption = "right" if right else f"→ {shorten(taken, 24)}"
    return tag(
        "li",
        _shown(found, number, f"Test image {number}: {truth}, taken for {taken}"),
        tag("p", tag("b", shorten(truth, 24)), " ", tag("span", caption)),
        tag("ol", *bars),
        class_="right" if right else "wrong",
    )


def _shown(found: Predictions, number: int, words: str) -> Markup:
    """The image; of a table, which row it is."""
    image = found.image(number)
    return picture(image, words) if image.ndim == 3 else tag("p", f"test row {number}")


def command(typed: str, label: str) -> Markup:
    """A command line, which breaks between flags, not within one; it is copied as it was typed."""
    parts = [tag("span", part) for part in re.split(r" (?=--)", typed)]
    code = tag("code", join(parts, " "))
    return tag("pre", code, tabindex="0", role="region", aria_label=label)


def sentence(*parts: Any) -> Markup:
    """Parts with a space between them."""
    return join([part for part in parts if part], " ")
