"""What `search` leaves beside its table: a page, and a picture of what each parameter does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.cli.place import expect_place
from pipeline.events.console import Console
from pipeline.store.durable import replacing
from pipeline.store.troubles import storage_errors
from stages.commands.report.figures import picture, text
from stages.commands.report.searched import search_page
from stages.commands.report.sections.search import effects_of


def expect_places(report: str | None, plot: str | None) -> None:
    """Raise `ConfigError` where one of them cannot be written: better before the work."""
    if report is not None:
        expect_place(Path(report), "--report")
    if plot is not None:
        picture.expect_picture(Path(plot))


def leave(
    document: Mapping[str, Any],
    report: str | None,
    plot: str | None,
    warn: Callable[[str], None],
) -> str:
    """Write both, where they are asked for; what a terminal shows of the picture, "" of none."""
    if report is not None:
        with storage_errors(Path(report), "--report"), replacing(Path(report)) as file:
            file.write(search_page(document).encode("utf-8", "backslashreplace"))
    if plot is None:
        return ""
    found = effects_of(document)
    if not found:  # no reason to keep the leaderboard from anybody
        warn("--plot: expected two trials or more that differ and did not fail, found fewer")
        return ""
    picture.draw(found, Path(plot), warn)
    console = Console(sys.stdout)
    return "\n\n".join(text.show(effect, console) for effect in found)
