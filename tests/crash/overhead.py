"""Overhead: what it costs a training that nothing is lost.

The same training is run by turns: by the runner (fingerprint, lock, states, hashes, manifest,
fsyncs) and as the plain function that it is, with `numpy.save` for what it returns. Two figures,
in percent of the plain training's time: the median of the differences within a round; and, free of
the noise of a difference, the time by the clock that the runner spends outside the function, and
the function in saving its state.
"""

from __future__ import annotations

import functools
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.code import CodeIndex
from pipeline.events.reporter import Reporter
from pipeline.graph import Pipeline
from pipeline.planner import Planner
from pipeline.runner import run
from pipeline.settings import resolve
from pipeline.store.store import Store
from stages.cifar10 import PIPELINE

TRAIN = PIPELINE.stages["train"]


class Stopwatch:
    """Adds up the seconds that calls take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, timed."""

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - started

        return timed

    def read(self) -> float:
        """The seconds so far; from now on they count from 0."""
        seconds, self.seconds = self.seconds, 0.0
        return seconds


def measure(folder: Path, images: int, epochs: int, rounds: int) -> dict[str, str]:
    """Medians in seconds, and the two figures in percent."""
    within, saving, plain, whole = (Stopwatch() for _ in range(4))
    train = replace(TRAIN, function=within.around(TRAIN.function))
    pipeline = Pipeline(*(train if s is TRAIN else s for s in PIPELINE.stages.values()))
    flags = {"source": "synthetic", "synthetic_size": str(images), "epochs": str(epochs)}
    settings = resolve(pipeline.parameters, flags={**flags, "data_dir": str(folder / "data")})
    values = {name: setting.value for name, setting in settings.items()}
    store = Store(folder / "artifacts")
    store.states.save = saving.around(store.states.save)
    planner = Planner(pipeline, values, store, CodeIndex(folder / "code.json"))
    outcome = run(planner, {pipeline.producers[name].name for name in train.inputs}, Reporter())
    inputs = [outcome[name] for name in train.inputs]
    parameters = {name: values[name] for name in train.parameters}

    def plainly() -> None:
        for name, value in TRAIN.function(*inputs, **parameters).items():
            np.save(folder / name, np.array(value))

    taken: dict[str, list[float]] = {"by the runner": [], "plain": [], "guarding": []}

    def guarded() -> None:
        shutil.rmtree(store.root / "train", ignore_errors=True)
        whole.around(run)(planner, ("train",), Reporter())
        seconds = whole.read()
        taken["by the runner"].append(seconds)
        taken["guarding"].append(seconds - within.read() + saving.read())

    def bare() -> None:
        plain.around(plainly)()
        taken["plain"].append(plain.read())

    for number in range(rounds):  # whatever the one leaves behind meets the other in its turn
        for turn in (guarded, bare)[:: -1 if number % 2 else 1]:
            turn()
    medians = {name: statistics.median(found) for name, found in taken.items()}
    pairs = zip(taken["by the runner"], taken["plain"], strict=True)
    ratios = sorted(guarded / bare - 1 for guarded, bare in pairs)
    return {
        "images, epochs, rounds": f"{images:,}, {epochs}, {rounds}",
        "training by the runner": f"{medians['by the runner']:.2f} s",
        "training plain": f"{medians['plain']:.2f} s",
        "overhead by difference": f"{statistics.median(ratios):.2%}",
        "least and most in a round": f"{ratios[0]:.2%} and {ratios[-1]:.2%}",
        "overhead by the clock": f"{medians['guarding'] / medians['plain']:.2%}",
    }
