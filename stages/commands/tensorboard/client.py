"""TensorBoard: follows a training by its events, and writes its record when it is done.

While the stage trains, each epoch is added to a file as it comes. When the run is over the folder
has one file instead, made of the stored record: so a training that was cached is shown as well, and
one that was resumed is whole, with each epoch once.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.events.event import Event
from pipeline.outcome import Outcome
from pipeline.store.key import Key
from pipeline.store.store import Store
from pipeline.store.troubles import storage_errors
from stages.commands.tensorboard.files import EventFile, event_files, expect_tensorboard, new_name

STAGE = "train"
DIGITS = 8  # of a fingerprint: the name of a run
TAGS = {
    "loss": "loss/training",
    "accuracy": "accuracy/training",
    "validation_loss": "loss/validation",
    "validation_accuracy": "accuracy/validation",
}


class TensorBoard:
    """Called with events, it writes below `folder`, which is made where it is missing.

    A file that cannot be written ends no training: `warn` is called, and nothing more is written.
    Raises `ConfigError` without the extra, `StorageError` where there can be no such folder.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        hyperparameters: Mapping[str, Any] | None = None,
        warn: Callable[[str], None] = warnings.warn,
    ) -> None:
        expect_tensorboard()
        self._folder, self._given, self._warn = Path(folder), dict(hyperparameters or {}), warn
        self._run: Path | None = None
        self._file: EventFile | None = None
        with storage_errors(self._folder, "--tensorboard"):
            self._folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> TensorBoard:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def __call__(self, event: Event) -> None:
        """Take in an event of a run."""
        if event.fields.get("stage") != STAGE:
            return
        try:
            if event.kind == "stage_started":
                self._run = self._folder / event.fingerprint[:DIGITS]
            elif event.kind == "metrics" and self._run is not None:
                self._epoch(self._run, event.fields)
        except OSError as error:
            self._run = None
            self._warn(f"--tensorboard: no more is written: {error}")

    def finish(self, outcome: Outcome) -> None:
        """Write the record of what was trained in this run, or before it and was cached."""
        if "training" not in outcome:
            return
        evaluation = {}
        if "evaluation" in outcome:
            evaluation = outcome["evaluation"]
        self.record(outcome.store, outcome.keys["training"], self._given, evaluation)

    def record(
        self, store: Store, key: Key, given: Mapping[str, Any], evaluation: Mapping[str, Any]
    ) -> None:
        """Write a stored training as the one file of its folder; a failure is a warning."""
        self._close()
        folder = self._folder / key.digest[:DIGITS]
        training, manifest = store.load(key, "training"), store.manifest(key)
        try:
            with storage_errors(folder, "--tensorboard"):
                folder.mkdir(exist_ok=True)
                place, part = folder / new_name(), folder / f"record.{os.getpid()}.part"
                with closing(EventFile(part, 1, _ended(manifest))) as file:
                    _write(file, training, manifest, given, evaluation)
                part.replace(place)
                for other in event_files(folder):
                    if other.name < place.name:  # another run's may be on its way
                        other.unlink(missing_ok=True)
        except UserError as error:
            self._warn(f"no curves for TensorBoard: {error}")

    def _epoch(self, folder: Path, figures: Mapping[str, Any]) -> None:
        now, epoch = time.time(), figures["epoch"]
        if self._file is None:
            folder.mkdir(exist_ok=True)
            self._file = EventFile(folder / new_name(), epoch, now)
            tags = [tag for name, tag in TAGS.items() if name in figures]
            self._file.hyperparameters(self._given, tags, now, ended=False)
        self._file.scalars(_curves(figures), epoch, now)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._run = None


def _curves(figures: Mapping[str, Any]) -> dict[str, float]:
    """Figures by the tag that they are shown under: those that are compared share a picture."""
    others = {"epoch", "stage"}
    return {TAGS.get(name, name): value for name, value in figures.items() if name not in others}


def _write(
    file: EventFile,
    training: Mapping[str, Any],
    manifest: Mapping[str, Any],
    given: Mapping[str, Any],
    evaluation: Mapping[str, Any],
) -> None:
    """Each epoch at the time when it ended, as far as that is known, and what was measured then."""
    history, ended = training["history"], _ended(manifest)
    seconds = manifest["notes"].get("epoch_seconds", [])
    if len(seconds) != len(history):
        seconds = [0.0] * len(history)
    times = [ended - sum(seconds) + passed for passed in accumulate(seconds)]
    test = _curves_of_test(evaluation.get("test", {}))
    tags = [tag for name, tag in TAGS.items() if name in history[0]]
    file.hyperparameters(given, [*tags, *test], ended, ended=True)
    for entry, took, wall in zip(history, seconds, times, strict=True):
        file.scalars(_curves(entry | {"epoch_seconds": took}), entry["epoch"], wall)
    file.scalars(test, training["best_epoch"], ended)


def _ended(manifest: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(manifest["written"]).timestamp()


def _curves_of_test(scores: Mapping[str, Any]) -> dict[str, float]:
    found = {f"{name}/test": scores[name] for name in ("loss", "accuracy") if name in scores}
    averaged = scores.get("tta", {})
    return found | {f"{name}/test_flip_tta": value for name, value in averaged.items()}
