"""The flag --tensorboard, and what it does around a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.session import Session
from pipeline.cli.types import FOLDER
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from stages.commands.tensorboard.client import TensorBoard

TARGETS = ("train",)
TENSORBOARD = click.Option(
    ["--tensorboard"],
    type=FOLDER,
    metavar="DIR",
    envvar="PIPELINE_TENSORBOARD",
    help="also write the training's curves and hyperparameters to DIR, for TensorBoard",
)


@contextmanager
def followed(session: Session, folder: str | None) -> Iterator[TensorBoard | None]:
    """In the block the session's events are written to the folder, too, where one is given."""
    if not folder:
        yield None
        return
    from pipeline.events.event import EventReporter
    from pipeline.events.several import Several

    with open_board(session, folder) as board:
        session.reporter = Several(session.reporter, EventReporter(board))
        yield board


def open_board(session: Session, folder: str) -> TensorBoard:
    """What writes trainings of the session to the folder."""
    from stages.commands.tensorboard.client import TensorBoard

    if "train" not in session.pipeline.stages:
        raise ConfigError(
            "--tensorboard: expected a training to show, found --load, beside which nothing is "
            "trained; leave one of them out"
        )
    return TensorBoard(folder, hyperparameters(session), session.reporter.warn)


def hyperparameters(session: Session) -> dict[str, Any]:
    """The values of all parameters that can change what is trained."""
    stages = session.pipeline.upstream(TARGETS)
    known = session.pipeline.parameters_of(stages)
    return {
        name: session.settings[name].value
        for name, parameter in known.items()
        if parameter.option.affects_result
    }
