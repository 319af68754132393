"""The reporter of a style, by name. What a style needs is imported where it is chosen."""

from __future__ import annotations

from typing import Any

from pipeline.events.console import Console
from pipeline.events.lines import LineReporter, QuietReporter
from pipeline.events.reporter import Reporter

STYLES = ("auto", "bars", "lines", "json", "quiet")


def make_reporter(style: str, stream: Any, verbose: bool = False) -> Reporter:
    """The reporter of a style; "auto" is bars on a terminal and lines elsewhere.

    `verbose` adds why a stage is cached. Raises `ValueError` for an unknown style.
    """
    if style not in STYLES:
        raise ValueError(f"expected a style of {', '.join(STYLES)}, found {style!r}")
    if style == "quiet":
        return QuietReporter(stream)
    if style == "json":
        from pipeline.events.json_lines import JsonReporter

        return JsonReporter(stream)
    if style == "bars" or (style == "auto" and Console(stream).can_move()):
        from pipeline.events.bars import BarReporter

        return BarReporter(stream, verbose)
    return LineReporter(stream, verbose)
