"""The section of the curves, and the same figures as a table."""

from __future__ import annotations

from collections.abc import Sequence

from stages.commands.report.figures import curves, svg
from stages.commands.report.html import Markup, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.parts import figure, section, table
from stages.commands.report.words import number, percent, short

LEAD = (
    "Training figures are means over an epoch, while the parameters change and what is trained "
    "on may be augmented"
)
VALIDATED = "; validation figures are those at its end, on what was never trained on"


def curves_of(record: Record) -> Markup | None:
    """The curves of one training."""
    drawn = _drawn([record], ())
    if drawn is None:
        return None
    heads = ["epoch", "learning rate", "loss", "accuracy", "validation loss", "validation accuracy"]
    rows = [
        [
            f"{entry['epoch']:g}" + (" ★" if entry["epoch"] == record.best_epoch else ""),
            short(entry["lr"]) if "lr" in entry else "–",
            number(entry["loss"]),
            percent(entry["accuracy"], 2),
            number(entry.get("validation_loss")),
            percent(entry.get("validation_accuracy"), 2),
        ]
        for entry in record.history
    ]
    grid = table(heads, rows, "Figures by epoch", right=range(1, 6))
    more = tag("details", tag("summary", "The same figures as a table"), grid)
    held_back = any("validation_loss" in entry for entry in record.history)
    lead = f"{LEAD}{VALIDATED if held_back else ''}."
    return section("curves", "How it learned", lead, drawn, more)


def curves_over(records: Sequence[Record], names: Sequence[str]) -> Markup | None:
    """The curves of several trainings over each other."""
    return _drawn(records, names)


def _drawn(records: Sequence[Record], names: Sequence[str]) -> Markup | None:
    ends = [name.split("=")[-1] for name in names]  # short: they stand at the ends of lines
    found = [figure(svg.draw(chart), chart.title) for chart in curves.charts(records, ends)]
    return tag("div", *found, class_="charts") if found else None
