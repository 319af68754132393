"""Single images: the mistakes that the network was surest of, and its least sure answers."""

from __future__ import annotations

from stages.commands.report.html import Markup, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.parts import section, tiles

MOST, CLASSES = 18, 3  # images of a kind, which fill rows of 6, 3 and 2
MISTAKES = (
    "What it was surest of, and wrong. These are worth a look: {units} that mislead, or labels "
    "that are wrong. The bars are its probabilities; the true class is marked."
)
UNCERTAIN = "Those whose most probable class is least probable, whether it was right or not."


def pictures(record: Record) -> Markup | None:
    """Both, as pictures; or a sentence that says why there are none."""
    found, units = record.predictions, f"{record.unit}s"
    if found is None:
        words = f"No {units} and no calibration here: {record.missing}."
        return section("pictures", f"Single {units}", words) if record.missing else None
    mistakes, uncertain = found.confident_mistakes(MOST), found.least_certain(MOST)
    parts = []
    if len(mistakes):
        heading = tag("h3", "Most confident mistakes")
        lead = tag("p", MISTAKES.format(units=units))
        parts += [heading, lead, tiles(found, mistakes, record.classes, CLASSES)]
    heading = tag("h3", f"Least certain {units}")
    parts += [heading, tag("p", UNCERTAIN), tiles(found, uncertain, record.classes, CLASSES)]
    return section("pictures", f"Single {units}", None, *parts)
