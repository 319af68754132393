"""Which trainings a worker has begun. Its process loads this file: `dask worker --preload`.

What a manifest says is when a result was stored last. That a training was begun though its result
was stored, and thrown away, shows only where it runs.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRAININGS = "TRAININGS"  # the variable that names the file, and the file


@dataclass(frozen=True)
class Begun:
    """A training that was begun: the name of its folder in a store, when, and where."""

    name: str
    when: float  # seconds since the epoch
    worker: str


def dask_setup(worker: Any) -> None:
    """Dask calls it in a worker that starts."""
    from pipeline.backends import worker as module

    execute = module.execute

    def recorded(task: Any, store: Any, reporter: Any, made: Any, *given: Any) -> bool:
        if task.stage.name == "train" and not made():
            with open(os.environ[TRAININGS], "a", encoding="ascii") as file:
                file.write(f"{time.time()} {store.folder(task.key).name}\n")
        return execute(task, store, reporter, made, *given)

    module.execute = recorded


def begun_in(home: Path, worker: str) -> list[Begun]:
    """What the worker with this folder has begun."""
    path = home / TRAININGS
    lines = path.read_text("ascii").splitlines() if path.exists() else []
    return [Begun(name, float(when), worker) for when, name in map(str.split, lines)]
