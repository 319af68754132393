"""Which trainings a worker has begun and ended. It loads this file: `dask worker --preload`.

What a manifest says is when a result was stored last. That a training was begun though its result
was stored, and thrown away, shows only where it runs.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

TRAININGS = "TRAININGS"  # the variable that names the file, and the file


@dataclass(frozen=True)
class Begun:
    """A training that was begun: the name of its folder in a store, when, and where."""

    name: str
    when: float  # seconds since the epoch
    worker: str
    end: float = math.inf


def dask_setup(worker: Any) -> None:
    """Dask calls it in a worker that starts."""
    from pipeline.backends import worker as module

    execute = module.execute

    def recorded(task: Any, store: Any, reporter: Any, made: Any, *given: Any) -> bool:
        counts = task.stage.name == "train" and not made()
        if counts:
            record("begun", store.folder(task.key).name)
        done = execute(task, store, reporter, made, *given)
        if counts:
            record("ended", store.folder(task.key).name)
        return done

    module.execute = recorded


def record(what: str, name: str) -> None:
    """Write a line down."""
    with open(os.environ[TRAININGS], "a", encoding="ascii") as file:
        file.write(f"{what} {name} {time.time()}\n")


def begun_in(home: Path, worker: str) -> list[Begun]:
    """What the worker with this folder has begun."""
    path, found = home / TRAININGS, []
    for line in path.read_text("ascii").splitlines() if path.exists() else ():
        what, name, when = line.split()
        if what == "begun":
            found.append(Begun(name, float(when), worker))
        else:
            found[-1] = replace(found[-1], end=float(when))  # it does one at a time
    return found
