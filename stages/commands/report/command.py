"""The command `report` and its flags, and the page that `run` leaves."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from pipeline.cli.group import CommandGroup
from pipeline.cli.program import Program, pipeline_command, summary
from pipeline.cli.session import Session
from pipeline.cli.types import FILE, Choice
from pipeline.errors import UserError
from pipeline.outcome import Outcome
from stages.commands.report import FOLDER
from stages.commands.runs.command import complete_runs
from stages.commands.sections import EXPERIMENTS

TARGETS = ("evaluate",)  # the stage that a page is about, with all that it needs
HELP = """One HTML page of a training, or of some side by side: it needs nothing else to be read.

Without names it is the training of these flags, which is brought up to date first, as by other
commands. RUN is the beginning of a name that `pipeline runs` lists; of two or more, the page shows
where they differ."""
FLAGS = (
    click.Argument(["names"], nargs=-1, metavar="[RUN]…", shell_complete=complete_runs),
    click.Option(
        ["--output"],
        type=FILE,
        metavar="FILE",
        help=f"where to write it  [default: {FOLDER}/RUN.html in the artifacts folder]",
    ),
    click.Option(
        ["--plot"],
        type=FILE,
        metavar="FILE",
        help="also draw --figure to FILE: .svg, or .png, .pdf",
    ),
    click.Option(
        ["--figure"],
        type=Choice(("curves", "confusion")),
        default="curves",
        show_default=True,
        help="what --plot draws, and the terminal shows",
    ),
)
REPORT = click.Option(
    ["--report/--no-report"],
    default=True,
    show_default=True,
    help=f"write a page of the training to {FOLDER}/ in the artifacts folder",
)


def add_to(group: CommandGroup, program: Program) -> None:
    """Add the command to the program's."""
    make = partial(
        pipeline_command, program, "report", TARGETS, _report, help=HELP, extra=FLAGS, folded="run"
    )
    group.place(EXPERIMENTS, "report", summary(HELP), make)


def _report(program: Program, session: Session, **given: Any) -> None:
    from stages.commands.report.action import report  # here: no other command needs it

    report(program, session, **given)


def page_of_run(program: Program, session: Session, outcome: Outcome) -> str | None:
    """Write the page of what `run` has just made, and say where; a page that fits already stays.

    A run is never lost for its page: what goes wrong is a warning, and then there is none.
    """
    key = next((r.key for r in outcome.stages if r.name in ("train", "load")), None)
    if key is None or "evaluation" not in outcome:
        return None
    place = session.store.root / FOLDER / f"{key.digest[:8]}.html"
    if place.is_file() and all(result.status == "cached" for result in outcome.stages):
        return str(place)
    try:
        from stages.commands.report.action import write_page  # here: costs a start much

        write_page(program, session, outcome, place)
    except UserError as error:
        session.reporter.warn(f"no report: {error}")
        return None
    return str(place)
