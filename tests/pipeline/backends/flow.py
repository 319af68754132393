"""A flow for workers that have no folder in common with us: arrays, JSON, files, a state."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError
from pipeline.graph import Pipeline
from pipeline.parameters import Option
from pipeline.stage import stage
from pipeline.store.files import Files, identify

Seconds = Annotated[float, Option("how long it takes", affects_result=False)]
Unseen = Annotated[str, Option("what does not change the result", affects_result=False)]


@stage(outputs=("numbers", "about"))
def draw(*, rows: Annotated[int, Option("how many")] = 1000) -> dict[str, Any]:
    """Numbers, and what they are."""
    numbers = np.random.default_rng(0).normal(size=(rows, 4))
    return {"numbers": numbers, "about": {"rows": rows}}


@stage(outputs=("texts",))
def find(*, place: Annotated[str, Option("a file")] = "") -> Files:
    """A file outside of the store."""
    return identify(Path(place))


@stage(outputs=("length",))
def measure(texts: Files) -> int:
    """How long the files are."""
    return sum(len(file.path.read_bytes()) for file in texts.files)


@stage(outputs=("total",))
def add(
    numbers: np.ndarray,
    about: dict[str, Any],
    *,
    factor: Annotated[float, Option("what all is multiplied by")] = 1.0,
    seconds: Seconds = 0.0,
    traces: Unseen = "",
    context: Context = QUIET,
) -> dict[str, Any]:
    """Add up, step by step; leave a trace for each time that it was begun."""
    if factor < 0:
        raise ConfigError(f"factor: expected at least 0, found {factor:g}")
    if traces:
        Path(traces, f"{factor:g}-{os.getpid()}-{time.time_ns()}").touch()
    with context.progress("add", 4, "columns") as progress:
        total = 0.0
        for epoch, column in enumerate(numbers.T, 1):
            total += float(factor * column.sum())
            time.sleep(seconds / 4)
            progress.advance()
            context.metrics(epoch=epoch, validation_accuracy=total)
    return {"sum": total, "rows": about["rows"]}


FLOW = Pipeline(draw, add)
WITH_FILES = Pipeline(find, measure, draw, add)
