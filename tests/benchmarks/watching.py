"""Watching: what it costs that a stage is seen to read what it reads.

    python -m tests.benchmarks.watching [SOURCE] [--epochs N]

The main job twice, in this process: the seconds inside the hook and the wrappers, summed over all
stages, beside those of the run; then the seconds that a run with nothing to do spends on looking
whether what was seen is still so.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from pipeline import run
from pipeline.code.observe import Recorder
from pipeline.code.wraps import wrapped
from pipeline.observation import Observations
from stages.cifar10 import PIPELINE


def timed(function: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    """The function, whose calls add what they take."""

    def call(*given: Any, **more: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*given, **more)
        finally:
            seconds.append(time.perf_counter() - started)

    return call


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="?", default="synthetic")
    parser.add_argument("--epochs", type=int, default=1)
    given = parser.parse_args()
    recorders: list[Recorder] = []
    began = Recorder.__init__

    def begin(self: Recorder, *arguments: Any, **named: Any) -> None:
        began(self, *arguments, **named)
        recorders.append(self)

    checks: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(Recorder, "__init__", begin),
        mock.patch.object(Observations, "changes", timed(Observations.changes, checks)),
    ):
        values = {"source": given.source, "epochs": given.epochs, "data_dir": folder + "/data"}
        for kind in ("a run", "a run with nothing to do"):
            checks.clear()
            wrapped.seconds = 0.0
            started = time.perf_counter()
            run(PIPELINE, store=folder + "/store", **values)
            seconds = time.perf_counter() - started
            inside = sum(recorder.seconds for recorder in recorders) + wrapped.seconds
            print(
                f"{kind}: {seconds:.2f} s; {len(recorders)} stages watched, {1000 * inside:.1f} ms "
                f"inside the hook ({inside / seconds:.2%}); {1000 * sum(checks):.1f} ms to check "
                f"what was seen before"
            )
            recorders.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main())
