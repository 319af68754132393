"""Where the time went."""

from __future__ import annotations

from stages.commands.report.figures.bars import shade, share_bar
from stages.commands.report.html import Markup, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.parts import figure, section, table
from stages.commands.report.words import percent, seconds, several

LEAD = (
    "What it takes to make everything from the source, as it was measured when each result was "
    "made. What was cached took nothing this time."
)


def timing(record: Record) -> Markup | None:
    """A bar of all stages, and their times."""
    steps = sorted(record.steps, key=lambda step: -step.seconds)
    whole = sum(step.seconds for step in steps)
    if not whole:
        return None
    shares = [(step.name, step.seconds) for step in steps if step.seconds / whole > 0.002]
    title = (
        f"{seconds(whole)} in all, {percent(steps[0].seconds / whole, 0)} of it in {steps[0].name}"
    )
    text = f"{title}: " + ", ".join(f"{name} {seconds(took)}" for name, took in shares)
    rows = [
        [
            tag("th", tag("span", "", class_=shade("key", place)), step.name, scope="row")
            if step.seconds / whole > 0.002 else step.name,
            seconds(step.seconds),
            percent(step.seconds / whole),
        ]
        for place, step in enumerate(steps)
    ]  # fmt: skip
    grid = table(["stage", "seconds", "share"], rows, "Time by stage", right=(1, 2))
    note = None
    if record.epoch_seconds:
        each = sum(record.epoch_seconds) / len(record.epoch_seconds)
        note = f"{several(len(record.epoch_seconds), 'epoch')} of {seconds(each)} on average"
        if record.counts["training"]:
            note += f": {record.counts['training'] / each:,.0f} {record.unit}s a second"
    drawn = figure(share_bar(shares, text), title, note, style="wide")
    return section("time", "Where the time went", LEAD, drawn, grid)
