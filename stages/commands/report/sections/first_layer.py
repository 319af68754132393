"""The weights of the first layer as pictures."""

from __future__ import annotations

from stages.commands.report.html import Markup, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.parts import picture, section
from stages.commands.report.words import several


def first_layer(record: Record) -> Markup | None:
    """A picture for each of the strongest units: what in an image speaks for it."""
    found = record.first_layer
    if found is None or not len(found):
        return None
    _, _, height, width = found.shape
    whitened = record.parameters.get("whiten", "none") != "none"
    words = f"What {several(len(found), 'unit')} of the first layer respond to"
    words += ", those with the largest weights" if len(found) > 1 else ""
    words += (
        ": bright pixels count for a unit, dark ones against it, grey ones not at all. "
        f"Each picture has {width} × {height} pixels"
    )
    words += ", brought back from the whitened inputs." if whitened else "."
    images = [
        tag("li", picture(image, f"Weights of unit {place + 1}"))
        for place, image in enumerate(found)
    ]
    title = "What the first layer looks for"
    return section("weights", title, words, tag("ul", *images, class_="weights"))
