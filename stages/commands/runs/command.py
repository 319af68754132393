"""The commands `runs` and `compare` and their flags."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import click

from pipeline.cli.actions import say
from pipeline.cli.flags import StageCommand, common_options
from pipeline.cli.help import CommandGroup
from pipeline.cli.program import Program, summary
from pipeline.cli.session import artifacts_folder
from pipeline.store.locks import store_lock
from pipeline.store.store import Store
from stages.commands.runs.record import Look
from stages.commands.sections import AFTER

SORTS = ("written", "validation", "test")
FLAGS = [
    click.Option(
        ["--sort"], type=click.Choice(SORTS), default="written", show_default=True,
        help="what decides about the order: the newest or the highest first",
    ),
    click.Option(["--last"], type=click.IntRange(1), metavar="N", help="the first N only"),
]  # fmt: skip
RUNS = click.Argument(["names"], nargs=-1, required=True, metavar="RUN RUN…")
KEPT = ("artifacts_dir", "as_json")  # of the flags that every command has


def add_to(group: CommandGroup, program: Program) -> None:
    """Add the commands to the program's."""
    for name, help, extra in (
        (
            "runs",
            "Every training that is stored: its configuration, and what came out.",
            FLAGS,
        ),
        ("compare", "Some of the stored trainings side by side: where they differ.", [RUNS]),
    ):
        params = [*extra, *(option for option in common_options(()) if option.name in KEPT)]
        callback = _callback(program, name)
        given = {"callback": callback, "params": params, "help": help}
        example = f"pipeline {name}" + (" 3f0f7bd6 bbcce45f" if name == "compare" else "")
        make = partial(StageCommand, name, example=example, **given)
        group.place(AFTER, name, summary(help), make)


def _callback(program: Program, name: str) -> Callable[..., None]:
    def callback(artifacts_dir: str, as_json: bool, **given: Any) -> None:
        from stages.commands.runs import action  # here and not above: no other command needs it

        look = Look(Store(artifacts_folder(artifacts_dir)), program.pipeline, as_json)
        shared = store_lock(look.store.root, exclusive=False, waiting=lambda: None)
        with shared if look.store.root.is_dir() else nullcontext():
            say(look, *getattr(action, name)(program, look, **given))

    return callback
