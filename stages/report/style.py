"""The style of the page and of pictures that stand alone."""

from __future__ import annotations

import re
from pathlib import Path

from stages.report.figures.colours import classes, variables

FILE = Path(__file__).with_name("style.css")


def page_style() -> str:
    """For the page: light or dark as the reader's device is, and light on paper."""
    light, dark = variables(dark=False), variables(dark=True)
    found = f":root{{color-scheme:light dark;{light}}}"
    found += f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return found + classes() + _small(FILE.read_text("utf-8"))


def picture_style() -> str:
    """For an SVG that stands alone: light, with the fonts of the page."""
    chart = "".join(
        rule for rule in _small(FILE.read_text("utf-8")).split("@media")[0].split("}") if False
    )
    font = 'text{font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}'
    return f":root{{{variables(dark=False)}}}{font}{chart}"


def _small(css: str) -> str:
    """The style without comments and spare spaces."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r"\s*([{};,])\s*|(?<=[:]) ", lambda m: m[1] or "", css).strip()
