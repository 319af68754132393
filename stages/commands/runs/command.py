"""The commands `runs`, `compare` and `tag` and their flags."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

import click

from pipeline.cli.actions import say
from pipeline.cli.common_flags import common_options
from pipeline.cli.completion import items
from pipeline.cli.flags import StageCommand
from pipeline.cli.group import CommandGroup
from pipeline.cli.output import echo
from pipeline.cli.program import Program, summary
from pipeline.cli.session import artifacts_folder
from pipeline.cli.speaker import AsJson, expect_one_answer
from pipeline.cli.types import Choice
from pipeline.errors import UserError
from pipeline.store.locks import store_lock
from pipeline.store.store import Store
from stages.commands.runs import labels, record
from stages.commands.sections import EXPERIMENTS

SORTS = ("written", "validation", "test")
FLAGS = [
    click.Option(
        ["--sort"], type=Choice(SORTS), default="written", show_default=True,
        help="what decides about the order: the newest or the highest first",
    ),
    click.Option(["--last"], type=click.IntRange(1), metavar="N", help="the first N only"),
    click.Option(["--tag"], metavar="TAG", help="those with this tag only"),
    click.Option(["--csv", "as_csv"], is_flag=True, help="a table for other programs on stdout"),
]  # fmt: skip


def complete_runs(context: click.Context, parameter: click.Parameter, typed: str) -> list[Any]:
    """The names of the stored trainings, for a shell; none where the store cannot be read."""
    names: list[str] = []
    with suppress(OSError, UserError):
        root = artifacts_folder(context.params.get("artifacts_dir") or "artifacts")
        found = sorted((root / "train").iterdir(), key=lambda path: -path.stat().st_mtime)
        names = [path.name[: record.DIGITS] for path in found if not path.name.startswith(".")]
        names += {tag for label in labels.read_labels(root).values() for tag in label.tags}
    return items(names, typed)


RUNS = click.Argument(
    ["names"], nargs=-1, required=True, metavar="RUN RUN…", shell_complete=complete_runs
)
LABEL = [
    click.Argument(["name"], metavar="RUN", shell_complete=complete_runs),
    click.Argument(["tags"], nargs=-1, metavar="[TAG]…"),
    click.Option(["--remove"], multiple=True, metavar="TAG", help="take a tag away"),
    click.Option(["--note"], metavar="TEXT", help='a note in place of the one there; "": none'),
]
EXAMPLES = {
    "runs": "pipeline runs --sort test --last 10 --csv > runs.csv",
    "compare": "pipeline compare 3f0f7bd6 bbcce45f",
    "tag": 'pipeline tag 3f0f7bd6 baseline --note "before the new augmentation"',
}
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
        ("tag", "Tags and a note for a stored training: what people call it.", LABEL),
    ):
        params = [*extra, *(option for option in common_options(()) if option.name in KEPT)]
        callback = _callback(program, name)
        given: dict[str, Any] = {"callback": callback, "params": params, "help": help}
        make = partial(StageCommand, name, example=EXAMPLES[name], **given)
        group.place(EXPERIMENTS, name, summary(help), make)


def _callback(program: Program, name: str) -> Callable[..., None]:
    def callback(artifacts_dir: str, as_json: bool, **given: Any) -> None:
        from stages.commands.runs import action  # here and not above: no other command needs it

        expect_one_answer(AsJson(as_json), given.get("as_csv", False))
        look = record.Look(Store(artifacts_folder(artifacts_dir)), program.pipeline, as_json)
        shared = store_lock(look.store.root, exclusive=False, waiting=lambda: None)
        with shared if look.store.root.is_dir() else nullcontext():
            document, text = getattr(action, name)(program, look, **given)
            if given.get("as_csv"):
                echo(text)  # whole, whatever the terminal's width
            else:
                say(look, document, text)

    return callback
