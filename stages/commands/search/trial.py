"""A trial: one training, and what it came to on the validation images; test images play no part.

It is the stage `train` of the program, cached and resumed like any other: a search finds what was
trained before, by whatever command, and what it trains is there for any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipeline.errors import (
    CodeError,
    CorruptArtifact,
    DataError,
    ExecutorError,
    MissingArtifact,
    StorageError,
    UserError,
    WorkersDied,
)
from pipeline.outcome import Outcome
from pipeline.parameters import Parameter
from pipeline.planner import CACHED, Decision, Planner
from pipeline.settings import scaled
from stages.commands.search import TARGETS

# What befalls one trial with these would befall the others, too.
FOR_ALL = (CodeError, DataError, ExecutorError, StorageError)


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

    def __init__(self, planner: Planner) -> None:
        self._planner = planner

    def planner(self, settings: Mapping[str, Any]) -> Planner:
        """What decides about the stages of a training."""
        for stage in self._planner.pipeline.upstream(TARGETS):  # once: variants share them
            self._planner.parameters_of(stage)
        return self._planner.variant(settings)

    def shared(self, searched: set[str]) -> list[str]:
        """The stages whose results are the same for all trials: what is searched reaches none."""
        reached: set[str] = set()
        found = []
        for stage in self._planner.pipeline.upstream(TARGETS):
            if searched & set(stage.parameters) or reached & set(stage.inputs):
                reached |= set(stage.outputs)
            else:
                found.append(stage.name)
        return found

    def lack(self, names: Sequence[str]) -> bool:
        """Whether one of these stages has yet to run."""
        return any(one.status != CACHED for one in self._planner.plan(names))

    def decide(self, settings: Mapping[str, Any]) -> tuple[Decision, bool]:
        """What is to be done about a training, and whether all that it needs is stored."""
        *before, last = self.planner(settings).plan(TARGETS)
        return last, all(decision.status == CACHED for decision in before)

    def cached(self, settings: Mapping[str, Any]) -> Result | None:
        """What a training came to, where it is stored."""
        return self.stored(*self.decide(settings))

    def stored(self, last: Decision, ready: bool) -> Result | None:
        """What the training of a decision came to, where it is stored; also one of which only the
        parameters are gone, which `gc --searches` dropped."""
        store, key = self._planner.store, last.key
        if not ready or key is None:
            return None
        with suppress(CorruptArtifact, MissingArtifact):
            manifest = last.manifest or store.manifest(key)
            if last.status == CACHED or manifest["outputs"]["parameters"].get("dropped"):
                store.touch(key)
                training = store.load(key, "training")
                return _summary(key.digest, training, manifest["notes"], cached=True)
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


def result_of(outcome: Outcome | None, error: Exception | None) -> Result:
    """What a trial came to. What its values cannot do is its result; what would befall the others,
    too, is raised, and so is a bug. One whose process was killed, although nothing else was
    under way, has asked for too much."""
    if outcome is not None:
        key = outcome.keys["training"]
        return _summary(key.digest, outcome["training"], outcome.notes("training"))
    assert error is not None  # for one of the two is
    if isinstance(error, WorkersDied) or (
        isinstance(error, UserError) and not isinstance(error, FOR_ALL)
    ):
        return Result(failure=str(error))
    raise error


def _summary(
    fingerprint: str, training: Mapping[str, Any], notes: Mapping[str, Any], cached: bool = False
) -> Result:
    best = training["history"][training["best_epoch"] - 1]
    return Result(
        best["validation_accuracy"],
        best["validation_loss"],
        training["best_epoch"],
        sum(notes.get("epoch_seconds", [])),
        cached=cached,
        fingerprint=fingerprint,
    )
