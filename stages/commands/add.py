"""The commands that this program adds to those that every pipeline has."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from pipeline.cli.actions import bring, say
from pipeline.cli.group import CommandGroup
from pipeline.cli.place import expect_place
from pipeline.cli.program import RUNNING, STAGES, Program, pipeline_command, summary
from pipeline.cli.session import Session
from pipeline.cli.types import FILE
from stages.commands import export, recipes
from stages.commands.lr_find import command as lr_command
from stages.commands.predict import ARGUMENTS, predict
from stages.commands.report import command as report_command
from stages.commands.runs import command as runs_command
from stages.commands.search import command as search_command
from stages.commands.sections import EXPERIMENTS, MODEL
from stages.commands.tensorboard.command import TENSORBOARD, followed
from stages.modelfile.formats import expect_document
from stages.serialize import save_copy

VERSION = "0.1.0"
RECIPES = recipes.RECIPES

SAVE = click.Option(
    ["--save"],
    type=FILE,
    metavar="FILE",
    envvar="PIPELINE_SAVE",
    help="also write the model to FILE",
)


def add_to(group: CommandGroup, program: Program) -> CommandGroup:
    """Add the commands that other pipelines do not have; give some their flags."""
    for name, targets in (("run", ()), *((name, (name,)) for name in ("train", *AFTER_TRAINING))):
        words, extra = group.words[name], [TENSORBOARD]
        if name in ("run", "serialize"):
            extra.append(SAVE)
        if name == "run":
            extra.append(report_command.REPORT)
        whole = f"{words[0].upper()}{words[1:]}."
        given: dict[str, Any] = {
            "help": whole,
            "extra": extra,
            "explained": EXPLAINED.get(name, ()),
            "folded": "run" if name in EXPLAINED else "",
        }
        make = partial(pipeline_command, program, name, targets, _bring, **given)
        group.place(RUNNING if name == "run" else STAGES, name, words, make)
    words = """Classes and probabilities for images: files, folders, patterns, stdin.

    Without --load the network of the other flags predicts; it is trained first if it is not stored.
    """
    make = partial(
        pipeline_command,
        program,
        "predict",
        PREDICT,
        predict,
        help=words,
        extra=ARGUMENTS,
        explained=("Load",),
        folded="run",
    )
    group.place(MODEL, "predict", summary(words), make)
    group.place(RUNNING, "recipes", summary(recipes.WORDS), recipes.make_command)
    search_command.add_to(group, program)
    lr_command.add_to(group, program)
    runs_command.add_to(group, program)
    export.add_to(group)
    report_command.add_to(group, program)
    group.arrange(RUNNING, EXPERIMENTS, MODEL, STAGES)
    return group


# Sections of flags that the help of a command explains, though other stages read them.
EXPLAINED = {"evaluate": ("Load", "Evaluate"), "serialize": ("Load",)}
AFTER_TRAINING = ("evaluate", "serialize")
PREDICT = ("serialize", "split", "load")


def _bring(
    program: Program,
    session: Session,
    tensorboard: str | None,
    save: str | None = None,
    report: bool = False,
) -> None:
    if save:
        expect_document(Path(save), "--save")
        expect_place(Path(save), "--save")
    with followed(session, tensorboard) as board:
        outcome, document = bring(program, session)
        if board is not None:
            board.finish(outcome)
    if save and "model" in outcome:
        save_copy(Path(outcome.path("model")), Path(save))
        document["model"] = save
    if report and (page := report_command.page_of_run(program, session, outcome)):
        document["report"] = page
    say(session, document, program.render(document))
