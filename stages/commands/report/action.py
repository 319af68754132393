"""What `report` does: from names or flags to a page, a picture, and what the terminal shows."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.cli.actions import say
from pipeline.cli.place import expect_place
from pipeline.cli.program import Program
from pipeline.cli.session import Session
from pipeline.errors import ConfigError
from pipeline.events.console import Console
from pipeline.outcome import Outcome
from pipeline.store.durable import make_folder, replacing
from pipeline.store.troubles import storage_errors
from stages.commands.report import FOLDER
from stages.commands.report.compare import labels
from stages.commands.report.comparison import comparison_page
from stages.commands.report.figures import curves, picture, text
from stages.commands.report.figures.chart import Figure, Matrix
from stages.commands.report.gather import gather
from stages.commands.report.html import shorten, visible
from stages.commands.report.page import run_page
from stages.commands.report.record import Record
from stages.commands.report.statistics import calibration, wilson
from stages.commands.report.trail import chosen, of_outcome
from stages.commands.report.words import interval, percent


def report(
    program: Program,
    session: Session,
    names: tuple[str, ...],
    output: str | None,
    plot: str | None,
    figure: str,
) -> None:
    """The command's action; its arguments are the flags of command.py."""
    if output is not None:
        expect_place(Path(output), "--output")
    if plot is not None:
        picture.expect_picture(Path(plot))
    records = _records(program, session, names)
    default = session.store.root / FOLDER / f"{'-'.join(one.name for one in records)}.html"
    place = Path(output) if output else default
    page = run_page(records[0]) if len(records) == 1 else comparison_page(records)
    write(place, page, "--output" if output else "--artifacts-dir")
    drawn = figures(records, figure)
    if plot is not None:
        if not drawn:
            raise ConfigError(f"--plot: expected a training with {figure}, found one without")
        picture.draw(drawn, Path(plot), session.reporter.warn)
    document = {"report": str(place), "plot": plot, "runs": [_figures(one) for one in records]}
    say(session, document, _text(records, drawn, place, plot))


def _records(program: Program, session: Session, names: Sequence[str]) -> list[Record]:
    if not names:
        return [gather(program, of_outcome(session.run()), session.settings)]
    typed = [s.origin for s in session.settings.values() if s.origin.startswith("flag")]
    if typed:
        raise ConfigError(
            f"report: expected names of runs or the flags of a training, found names and "
            f"{typed[0].removeprefix('flag ')}; leave one of them out"
        )
    records = []
    for trail in chosen(session.store, program.pipeline, names):
        records.append(gather(program, trail))
        for artifact in sorted(trail.lost):
            session.reporter.warn(
                f"report: {artifact} of {records[-1].name} is gone or damaged, and the page does "
                "without; the command that the page ends with makes it again"
            )
    return records


def write_page(program: Program, session: Session, outcome: Outcome, place: Path) -> None:
    """Write the page of what has just been brought up to date, among those of the store."""
    write(place, run_page(gather(program, of_outcome(outcome), session.settings)))


def write(place: Path, page: str, flag: str = "--artifacts-dir") -> None:
    """Write a page: whole, or what was there stays. `flag` is the one that named the place."""
    with storage_errors(place, flag):
        make_folder(place.parent)
        with replacing(place) as file:
            file.write(page.encode("utf-8", "backslashreplace"))


def figures(records: Sequence[Record], name: str) -> list[Figure]:
    """What --plot draws: the curves over each other, or a matrix of confusion for each run."""
    if name == "curves":
        return list(curves.charts(records, [one.split("=")[-1] for one in labels(records)]))
    found: list[Figure] = []
    for record in records:
        if record.confusion is not None:
            title = f"{record.recipe} on {record.data}: {percent(record.accuracy)} right"
            found.append(Matrix(title, record.classes, record.confusion))
    return found


def _text(records: Sequence[Record], drawn: Sequence[Figure], place: Path, plot: str | None) -> str:
    """What the terminal shows: the figures in a line each, the curves, and where the page is."""
    console = Console(sys.stdout)
    lines = [_line(record, console.columns) for record in records]
    for one in drawn:
        lines += [
            "",
            text.show(one, console),
        ]
    lines += ["", f"report: {visible(place)}"]
    lines += [f"plot: {visible(plot)}"] if plot else []
    return "\n".join(lines)


def _line(record: Record, columns: int) -> str:
    """A run's name and, below it, how well it does."""
    name = shorten(f"{record.name}  {record.recipe} on {record.data}", columns)
    images = record.figures.get("test", {}).get("images")
    if not images or record.accuracy is None:
        return f"{name}\n  not evaluated"
    ends = interval(wilson(record.accuracy * images, images))
    return f"{name}\n  {percent(record.accuracy)} of {images:,} test images right ({ends})"


def _figures(record: Record) -> dict[str, Any]:
    """The figures of a run as a JSON value; accuracies and the like are parts of 1."""
    images = record.figures.get("test", {}).get("images") or 0
    right = None if record.accuracy is None or not images else record.accuracy * images
    found = record.predictions
    return {
        "run": record.name,
        "dataset": record.dataset,
        "images": images or None,
        "accuracy": record.accuracy,
        "interval": None if right is None else list(wilson(right, images)),
        "calibration_error": calibration(found.confidence, found.right).error if found else None,
        "command": record.command,
    }
