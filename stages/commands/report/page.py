"""The page: one HTML file that asks for nothing else, and needs no script.

A policy in the page itself forbids requests and scripts, so that even a name that got by the
escaping could do nothing.
"""

from __future__ import annotations

from stages.commands.report.html import Markup, join, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.calibration import calibrated
from stages.commands.report.sections.classes import classes
from stages.commands.report.sections.confusion import confusion
from stages.commands.report.sections.curves import curves_of
from stages.commands.report.sections.first_layer import first_layer
from stages.commands.report.sections.flow import flow
from stages.commands.report.sections.headline import head
from stages.commands.report.sections.making import making
from stages.commands.report.sections.pictures import pictures
from stages.commands.report.sections.settings import settings
from stages.commands.report.sections.timing import timing
from stages.commands.report.style import page_style

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SECTIONS = {
    "Curves": curves_of,
    "Confusion": confusion,
    "Classes": classes,
    "Calibration": calibrated,
    "Images": pictures,
    "First layer": first_layer,
    "Time": timing,
    "Flow": flow,
    "Hyperparameters": settings,
    "Make it again": making,
}


def run_page(record: Record) -> str:
    """The page of one run."""
    drawn = {name: section(record) for name, section in SECTIONS.items()}
    return page(f"{record.recipe} on {record.data}", head(record), drawn)


def page(title: str, header: Markup, drawn: dict[str, Markup | None]) -> str:
    """A whole document from a header and sections, with links to those that there are."""
    there = {name: content for name, content in drawn.items() if content}
    links = [tag("li", tag("a", name, href=f"#{_id(content)}")) for name, content in there.items()]
    return "<!doctype html>\n" + tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", title),
            tag("style", Markup(page_style())),
        ),
        tag(
            "body",
            header,
            tag("nav", tag("ul", *links), aria_label="Sections"),
            tag("main", join(drawn.values(), "\n")),
            tag("footer", _footer()),
        ),
        lang="en",
    )


def _id(content: Markup) -> str:
    return content.split('id="', 1)[1].split('"', 1)[0]


def _footer() -> str:
    return "One file, without scripts; it asks for nothing from anywhere."
