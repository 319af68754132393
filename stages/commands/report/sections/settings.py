"""Every hyperparameter: its value, where that came from, and what it means."""

from __future__ import annotations

from collections.abc import Sequence

from stages.commands.report.html import Markup, tag
from stages.commands.report.record import Record, Setting
from stages.commands.report.sections.parts import section, table

KNOWN = "Flag beats environment beats file beats recipe beats default."
DERIVED = (
    "A stored run does not keep where its values came from. “Recipe” means that the nearest recipe "
    "has this value, “given” that neither it nor the defaults have it."
)


def settings(record: Record) -> Markup | None:
    """First what somebody chose, then what was left at its default."""
    if not record.settings:
        return None
    chosen = [one for one in record.settings if one.changed]
    rest = [one for one in record.settings if not one.changed]
    parts = []
    if chosen:
        title = f"Chosen: {len(chosen)}"
        parts += [tag("h3", title), _table(title, chosen)]
    if rest:  # folded: they are many, and say what nobody did
        title = f"Left as they are: {len(rest)}"
        parts.append(tag("details", tag("summary", title), _table(title, rest), class_="printed"))
    lead = KNOWN if record.origins_known else DERIVED
    return section("hyperparameters", "Every hyperparameter", lead, *parts)


def _table(title: str, rows: Sequence[Setting]) -> Markup:
    cells = [
        [
            tag("th", tag("code", one.flag), tag("small", one.meaning), scope="row"),
            tag("td", tag("code", one.text)),
            one.origin.removesuffix(f" {one.flag}"),  # that it was the flag beside it
        ]
        for one in rows
    ]
    return table(["flag and meaning", "value", "origin"], cells, title, style="settings")
