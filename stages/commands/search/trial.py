"""A trial: one training, and what it came to on the validation images; test images play no part.

It is the stage `train` of the program, cached and resumed like any other: a search finds what was
trained before, by whatever command, and what it trains is there for any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.code import CodeIndex
from pipeline.errors import CorruptArtifact, DataError, MissingArtifact, StorageError, UserError
from pipeline.events.reporter import Reporter
from pipeline.graph import Pipeline
from pipeline.outcome import Outcome
from pipeline.parameters import Parameter
from pipeline.planner import CACHED, Planner
from pipeline.runner import run
from pipeline.settings import scaled
from pipeline.store.store import Key, Store
from stages.commands.search import TARGETS


@dataclass(frozen=True)
class Result:
    """Accuracy (a part of 1) and loss in the best epoch, seconds of all; or why there is none.

    `fingerprint` is that of the training, by which it is stored.
    """

    accuracy: float = 0.0
    loss: float = 0.0
    epoch: int = 0
    seconds: float = 0.0
    failure: str = ""
    cached: bool = False
    fingerprint: str = ""

    @property
    def rank(self) -> tuple[float, float]:
        """The better, the larger."""
        return (-1.0, 0.0) if self.failure else (self.accuracy, -self.loss)


class Trials:
    """Looks at the cache with the program's eyes."""

    def __init__(self, pipeline: Pipeline, store: Store) -> None:
        self._pipeline, self._store = pipeline, store
        self._code = CodeIndex(store.root / ".code.json")

    def shared(self, searched: set[str]) -> list[str]:
        """The stages whose results are the same for all trials: what is searched reaches none."""
        reached: set[str] = set()
        found = []
        for stage in self._pipeline.upstream(TARGETS):
            if searched & set(stage.parameters) or reached & set(stage.inputs):
                reached |= set(stage.outputs)
            else:
                found.append(stage.name)
        return found

    def cached(self, settings: Mapping[str, Any]) -> Result | None:
        """What a training came to, where it is stored."""
        planner = Planner(self._pipeline, settings, self._store, self._code)
        *before, last = planner.plan(TARGETS)
        if any(decision.status != CACHED for decision in before) or last.key is None:
            return None
        if last.status != CACHED:
            return self._recorded(last.key)
        return _result(run(planner, TARGETS, Reporter()), cached=True)

    def _recorded(self, key: Key) -> Result | None:
        """What a training came to whose parameters `gc --searches` dropped."""
        with suppress(CorruptArtifact, MissingArtifact):
            outputs = self._store.manifest(key)["outputs"]
            if outputs["parameters"].get("dropped"):
                notes = self._store.manifest(key)["notes"]
                return _summary(key, self._store.load(key, "training"), notes, cached=True)
        return None


def shortened(
    parameters: Mapping[str, Parameter], settings: Mapping[str, Any], fraction: float
) -> dict[str, Any]:
    """The parameters of a training of a fraction of the epochs: what is measured in them follows.

    What has its default is left as it is: nobody has chosen it for this number of epochs.
    """
    epochs = max(1, round(fraction * settings["epochs"]))
    found = {**settings, "epochs": epochs}
    for name, parameter in parameters.items():
        if parameter.option.scales_with == "epochs" and settings[name] != parameter.default:
            found[name] = scaled(parameter, settings[name], epochs / settings["epochs"])
    return found


def train_one(pipeline: Pipeline, settings: Mapping[str, Any], artifacts: str) -> Result:
    """Carry out one trial, in a process of its own.

    What its values cannot do is its result; what would befall the others, too, is raised.
    """
    store = Store(Path(artifacts))
    planner = Planner(pipeline, settings, store, CodeIndex(store.root / ".code.json"))
    try:
        return _result(run(planner, TARGETS, Reporter(), purpose="search"))
    except (DataError, StorageError):
        raise
    except UserError as error:
        return Result(failure=str(error))


def _result(outcome: Outcome, cached: bool = False) -> Result:
    key = outcome.keys["training"]
    return _summary(key, outcome["training"], outcome.notes("training"), cached)


def _summary(
    key: Key, training: Mapping[str, Any], notes: Mapping[str, Any], cached: bool
) -> Result:
    best = training["history"][training["best_epoch"] - 1]
    return Result(
        best["validation_accuracy"],
        best["validation_loss"],
        training["best_epoch"],
        sum(notes.get("epoch_seconds", [])),
        cached=cached,
        fingerprint=key.digest,
    )
