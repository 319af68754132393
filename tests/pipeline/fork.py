"""A flow that forks: `left` and `right` need nothing of each other, `join` needs both.

Each of the two says where it runs, waits for what it has to wait for, and fails as it has to.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from threadpoolctl import threadpool_info

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError
from pipeline.graph import Pipeline
from pipeline.parameters import Option
from pipeline.stage import stage

PATIENCE = 30.0  # seconds that a stage waits for another one


def unseen(words: str) -> Option:
    return Option(words, affects_result=False)


@dataclass(frozen=True)
class ForkOptions:
    """What the two branches do."""

    meeting: Annotated[str, unseen("a folder where each waits for the other; empty: nobody")] = ""
    endless: Annotated[bool, unseen("go on until stopped, and report")] = False
    mistake: Annotated[str, unseen("the branch that finds a mistake of the user's")] = ""
    bug: Annotated[str, unseen("the branch that has a bug")] = ""
    killed: Annotated[str, unseen("the branch whose process is killed")] = ""


def branch(own: str, other: str, options: ForkOptions, context: Context) -> dict[str, Any]:
    """What both do; their process, and how many threads BLAS has there."""
    import numpy  # noqa: F401

    if options.mistake == own:
        raise ConfigError(f"--mistake: expected another branch, found {own}")
    if options.bug == own:
        raise ZeroDivisionError("a bug")
    if options.killed == own:
        os.kill(os.getpid(), signal.SIGKILL)
    if options.meeting:
        Path(options.meeting, own).touch()
        deadline = time.monotonic() + PATIENCE
        while not Path(options.meeting, other).exists():
            assert time.monotonic() < deadline, f"{own} met nobody"
            time.sleep(0.005)
    context.info(f"{own} is here")
    context.metrics(loss=1.5)
    with context.progress(own, None if options.endless else 2, "steps") as progress:
        for _ in iter(int, 1) if options.endless else range(2):
            progress.advance(1)
            time.sleep(0.01 if options.endless else 0)
    found = {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}
    return {"process": os.getpid(), "blas": sorted(found)}


@stage(outputs=("one",))
def left(*, options: ForkOptions = ForkOptions(), context: Context = QUIET) -> dict[str, Any]:
    """One branch."""
    return branch("left", "right", options, context)


@stage(outputs=("two",))
def right(*, options: ForkOptions = ForkOptions(), context: Context = QUIET) -> dict[str, Any]:
    """The other branch."""
    return branch("right", "left", options, context)


@stage(outputs=("both",))
def join(one: dict[str, Any], two: dict[str, Any]) -> list[int]:
    """Where they come together again."""
    return [one["process"], two["process"]]


@stage(outputs=("last",))
def after(both: list[int]) -> int:
    """What follows."""
    return len(both)


FORK = Pipeline(left, right, join, after)
