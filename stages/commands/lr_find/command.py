"""The command `lr-find`, and `train --lr-find`: a range test, its curve, and what to do with it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pipeline.cli.actions import bring, say
from pipeline.cli.flags import StageCommand, parameter_options
from pipeline.cli.group import CommandGroup
from pipeline.cli.program import STAGES, Program, pipeline_command, summary
from pipeline.cli.session import Session
from pipeline.cli.typed import retyped
from pipeline.cli.types import FILE
from pipeline.events.console import Console
from stages.commands.lr_find.curve import shown
from stages.commands.lr_find.stage import lr_find
from stages.commands.sections import EXPERIMENTS
from stages.commands.summary import SYNTHETIC
from stages.train import train

PLOT = click.Option(
    ["--plot"], type=FILE, metavar="FILE", help="draw the curve, as PNG, SVG or PDF"
)
INSTEAD = click.Option(
    ["--lr-find"], is_flag=True, expose_value=False, help="no training: the command lr-find"
)
SPARE = "Flags that only a training needs are taken and not used: one line serves both."


def add_to(group: CommandGroup, program: Program) -> None:
    """Let `lr-find` take all that `train` takes, needed or not, and `train` the flag --lr-find."""

    def make() -> click.Command:
        offered = parameter_options([train], program.pipeline.parameters)
        spare = [option for option in offered if option.name not in lr_find.parameters]
        name, words = lr_find.name, f"{lr_find.help} {SPARE}"
        command = pipeline_command(program, name, (name,), _find, help=words, extra=[PLOT, *spare])
        command.params.sort(key=spare.__contains__)  # in the help, what is needed comes first
        return command

    plain = group.later[train.name]
    group.place(EXPERIMENTS, lr_find.name, summary(lr_find.help), make)
    both = group.words[train.name]
    group.place(STAGES, train.name, both, lambda: _Train(plain(), group.made(lr_find.name)))


class _Train(StageCommand):
    """The command `train`, which --lr-find turns into another, with the same flags and more."""

    def __init__(self, plain: StageCommand, other: click.Command) -> None:
        super().__init__(
            plain.name,
            callback=plain.callback,
            params=[INSTEAD, *plain.params],
            help=plain.help,
            example=plain.example,
            explained=plain.explained,
        )
        self._other = other

    def make_context(
        self, info_name: str | None, args: list[str], *rest: Any, **named: Any
    ) -> click.Context:
        if "--lr-find" not in args:
            return super().make_context(info_name, args, *rest, **named)
        args = [word for word in args if word != "--lr-find"]
        return self._other.make_context(self._other.name, args, *rest, **named)


def _find(program: Program, session: Session, plot: str | None, **spare: Any) -> None:
    """The command's action: the test, the page or the document, and the picture."""
    if plot is not None:  # before a download that may take long
        from stages.commands.lr_find.picture import draw, expect_picture

        expect_picture(Path(plot))
    outcome, document = bring(program, session)
    found = outcome["lr_range"]
    command = _as_training(program, found["suggestion"]) if found["suggestion"] else None
    parts = (document["dataset"], found["network"], found["optimizer"], f"batch {found['batch']}")
    title = " · ".join(parts)
    if plot is not None:
        draw(found, title, Path(plot))
    document |= {"lr_range": found, "command": command, "plot": plot}
    say(session, document, _page(document, title))


def _page(document: Mapping[str, Any], title: str) -> str:
    """The curve, the rate and the command to use it."""
    from stages.commands.lr_find.text import draw

    found = document["lr_range"]
    lines = [SYNTHETIC, ""] if document["dataset"] == "synthetic" else []
    lines += [f"learning-rate range test: {title}", "", draw(found, Console(sys.stdout)), ""]
    lines.append(_verdict(found))
    if document["command"]:
        lines.append(f"  {document['command']}")
    if document["plot"]:
        lines.append(f"plot: {document['plot']}")
    return "\n".join(lines)


def _verdict(found: Mapping[str, Any]) -> str:
    end = f"it blew up at {shown(found['blew_up'])}" if found["blew_up"] else "it did not blow up"
    if not found["suggestion"]:
        return (
            f"no rate to suggest: the loss did not fall, and {end}; try a lower --lr-from, or more "
            "--lr-steps"
        )
    rate = shown(found["suggestion"])
    return f"suggested: {rate}, after nine tenths of the loss's fall; {end}"


def _as_training(program: Program, lr: float) -> str:
    """The command line that was typed, as that of a training at this rate."""
    offered = program.pipeline.parameters_of(program.pipeline.upstream(["train"]))
    return retyped([program.name, "train"], offered, {"lr": shown(lr)})
