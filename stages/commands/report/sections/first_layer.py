"""The weights of the first layer as pictures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from stages.commands.report.html import Markup, join, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.parts import picture, section
from stages.commands.report.words import several

MEANING = "bright pixels count for a unit, dark ones against it, grey ones not at all"


def first_layer(record: Record) -> Markup | None:
    """A picture for each of the strongest units: what in an image speaks for it."""
    found = record.first_layer
    if found is None or not len(found):
        return None
    _, _, height, width = found.shape
    whitened = record.parameters.get("whiten", "none") != "none"
    title = "What the first layer looks for"
    words = f"What {several(len(found), 'unit')} of the first layer respond to"
    words += ", those with the largest weights" if len(found) > 1 else ""
    words += f": {MEANING}. Each picture has {width} × {height} pixels"
    words += ", brought back from the whitened inputs." if whitened else "."
    names = (f"Weights of unit {place + 1}" for place in range(len(found)))
    units = tag("ul", *_items(found, names), class_="weights")
    if record.patches is None:
        return section("weights", title, words, units)
    return section(
        "weights",
        title,
        "Each unit sees one patch of the image, and each place has units of its own.",
        _places(*record.patches),
        join([tag("h3", "The strongest of all, wherever they lie"), tag("p", words), units]),
    )


def _places(columns: int, found: np.ndarray) -> Markup:
    """The strongest unit of each place, laid out as the places lie in the image."""
    rows = len(found) // columns
    words = (
        f"The unit with the largest weights at each of {rows} × {columns} places, laid out as "
        f"they lie in the image: {MEANING}."
    )
    names = (
        f"Weights of the strongest unit in row {place // columns + 1}, column {place % columns + 1}"
        for place in range(len(found))
    )
    drawn = tag("ul", *_items(found, names), class_="mosaic", style=f"--n:{columns}")
    return join([tag("h3", "Place by place"), tag("p", words), drawn])


def _items(pictures: Iterable[np.ndarray], names: Iterable[str]) -> list[Markup]:
    return [tag("li", picture(i, name)) for i, name in zip(pictures, names, strict=True)]
