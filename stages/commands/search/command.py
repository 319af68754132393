"""The command `search` and its flags."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import click

from pipeline.cli.completion import items
from pipeline.cli.flags import ParameterOption
from pipeline.cli.group import CommandGroup
from pipeline.cli.program import Program, pipeline_command, summary
from pipeline.cli.session import Session
from pipeline.cli.types import FILE
from stages.commands.search import TARGETS
from stages.commands.sections import EXPERIMENTS
from stages.commands.tensorboard.command import TENSORBOARD

HELP = """Try hyperparameters against each other, on validation images.

NAME=VALUES are flags without their dashes: lr=0.01,0.1 for values, hidden=256/512,256 for lists,
local=6,2,24:8,4,48 for layers, lr=0.001..0.1 for a range (with --trials). seed=0,1,2 trains each
combination with each of these seeds and compares means. Without any, a grid of 96 is searched:
lr 0.05, 0.01, 0.005, 0.001; l2 0, 1e-5, 1e-4, 1e-3; momentum 0.9, 0.95; batch 32, 64, 128. All
other flags hold for every training. Each is cached and resumed like any other: break a search off,
add values, and only what is missing is trained. Trainings run on any --executor, with the same
results."""

# What is searched where nothing is named, as the program does that this one follows.
GRID = ("lr=0.05,0.01,0.005,0.001", "l2=0,1e-5,1e-4,1e-3", "momentum=0.9,0.95", "batch=32,64,128")


def complete_names(context: click.Context, parameter: click.Parameter, typed: str) -> list[Any]:
    """The parameters that can be searched, for a shell: `lr=`."""
    options = [one for one in context.command.params if isinstance(one, ParameterOption)]
    names = [f"{one.parameter.name}=" for one in options if not one.hidden]
    return items(names, typed)


FLAGS = (
    click.Argument(
        ["space"],
        nargs=-1,
        metavar="[NAME=VALUES…]",
        shell_complete=complete_names,
    ),
    click.Option(
        ["--trials"],
        type=click.IntRange(1),
        metavar="N",
        help="draw so many combinations at random",
    ),
    click.Option(
        ["--search-seed"],
        type=click.IntRange(0),
        metavar="N",
        default=0,
        show_default=True,
        help="seed of what --trials draws",
    ),
    click.Option(
        ["--halving"],
        type=click.IntRange(2),
        metavar="N",
        help="successive halving: begin with a part of --epochs, and let an N-th of the "
        "combinations go on, with N times as many",
    ),
    click.Option(["--draws"], type=click.IntRange(0), hidden=True),
    click.Option(["--at-once"], type=click.IntRange(1), hidden=True),
    click.Option(
        ["--save"],
        type=FILE,
        metavar="FILE",
        help="write the best one's flags to FILE, for --config",
    ),
    click.Option(
        ["--save-recipe"],
        type=FILE,
        metavar="FILE",
        help="write the best one as a recipe to FILE, for --recipe on any dataset",
    ),
    click.Option(["--csv", "as_csv"], is_flag=True, help="the trials as a table on stdout"),
    click.Option(
        ["--report"], type=FILE, metavar="FILE", help="also write a page of the search to FILE"
    ),
    click.Option(
        ["--plot"],
        type=FILE,
        metavar="FILE",
        help="also draw what each parameter does to FILE: .svg, or .png, .pdf",
    ),
    TENSORBOARD,
)


def add_to(group: CommandGroup, program: Program) -> None:
    """Add the command to the program's."""
    make = partial(
        pipeline_command,
        program,
        "search",
        TARGETS,
        _search,
        help=HELP,
        extra=FLAGS,
        own_dry_run=True,
        completes=True,
        folded="train",
    )
    group.place(EXPERIMENTS, "search", summary(HELP), make)


def _search(
    program: Program,
    session: Session,
    at_once: int | None,
    draws: int | None,
    search_seed: int,
    space: tuple[str, ...],
    **flags: Any,
) -> None:
    if at_once is not None:
        session.reporter.warn("--at-once is called --jobs now; use that name")
        session.placement = replace(session.placement, jobs=at_once)
    if draws is not None:
        session.reporter.warn("--draws is called --search-seed now; use that name")
        search_seed = draws
    from stages.commands.search.action import (
        search,  # here and not above: no other command needs it
    )

    search(program, session, space or _grid(session), search_seed=search_seed, **flags)


def _grid(session: Session) -> tuple[str, ...]:
    """The usual grid, but for what the caller has given a flag for."""
    return tuple(
        word
        for word in GRID
        if not session.settings[word.partition("=")[0]].origin.startswith("flag")
    )
