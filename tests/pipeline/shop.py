"""A pipeline that has nothing to do with images: a small shop's sales, summed and reported.

It shows that the framework stands alone, and serves its tests. Each stage logs that it ran, so that
a test can tell who did.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.graph import Pipeline
from pipeline.stage import Option, stage
from tests.pipeline.ran import RAN

LOG = ("tests.pipeline.ran",)
Days = Annotated[int, Option("days of sales", minimum=1)]
Floor = Annotated[float, Option("smallest sale that counts", minimum=0)]
Noise = Annotated[int, Option("changes no result", affects_result=False)]


@stage(outputs=("sales",), ignores=LOG)
def collect(*, days: Days = 7, noise: Noise = 0, context: Context = QUIET) -> Iterator[np.ndarray]:
    """Collect the sales, a day a block."""
    RAN.append("collect")
    with context.progress("collect", days, "days") as progress:
        for day in range(days):
            yield np.arange(3, dtype=np.float64) + day
            progress.advance()


@stage(outputs=("kept", "rule"), ignores=LOG)
def choose(sales: np.ndarray, *, floor: Floor = 2.0) -> dict[str, Any]:
    """Keep the sales that count."""
    RAN.append("choose")
    return {"kept": sales[sales >= floor], "rule": {"floor_is_positive": floor > 0}}


@stage(outputs=("total",), ignores=LOG)
def add(kept: np.ndarray, rule: dict[str, Any]) -> dict[str, float]:
    """Add them up."""
    RAN.append("add")
    return {"total": float(kept.sum()), **rule}


SHOP = Pipeline(collect, choose, add)
