"""The style of the page and of pictures that stand alone."""

from __future__ import annotations

import re
from pathlib import Path

from stages.commands.report.figures.colours import classes, variables

FOLDER = Path(__file__).parent
FONT = 'text{font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}'


def page_style() -> str:
    """For the page: light or dark as the reader's device is, and light on paper."""
    light, dark = variables(dark=False), variables(dark=True)
    found = f":root{{color-scheme:light dark;{light}}}"
    found += f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return found + classes() + _read("chart.css") + _read("style.css")


def picture_style() -> str:
    """For an SVG that stands alone: light, with the fonts of the page."""
    return f":root{{{variables(dark=False)}}}{FONT}{classes()}{_read('chart.css')}"


def _read(name: str) -> str:
    """A style without comments and spare spaces."""
    css = re.sub(r"/\*.*?\*/", "", (FOLDER / name).read_text("utf-8"), flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r"\s*([{};,])\s*", r"\1", css).replace(": ", ":").strip()
