"""The plain record of a run that a page is made from. Accuracies are parts of 1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.commands.report.html import visible
from stages.commands.report.predictions import Predictions
from stages.commands.report.words import listed, several

SQUARE = 1000  # classes whose matrix of confusion is small enough to be made


@dataclass(frozen=True)
class Setting:
    """A hyperparameter: as it is typed after its flag, where the value came from, what it means."""

    flag: str
    text: str
    origin: str
    meaning: str
    changed: bool  # from the default


@dataclass(frozen=True)
class Step:
    """What is stored of one stage. `status` and `reason` are "" where the run was looked up."""

    name: str
    inputs: tuple[str, ...]
    outputs: Mapping[str, Mapping[str, Any]]  # by artifact: digest, size, kind, shape, dtype
    seconds: float
    written: str
    fingerprint: str
    status: str
    reason: str


@dataclass(frozen=True)
class Record:
    """A run. What is not known is empty or None; `missing` says why there are no predictions.

    `history` holds an entry for each epoch: epoch, lr, loss, accuracy and, with validation images,
    validation_loss and validation_accuracy. `figures` are those of the evaluation by the part of
    the dataset: images, loss, accuracy, confusion, tta. `first_layer`, `patches`: see weights.py.
    """

    name: str
    recipe: str
    dataset: str
    classes: tuple[str, ...]
    counts: Mapping[str, int]  # images for training, validation, test
    parameters: Mapping[str, Any]
    settings: tuple[Setting, ...]
    origins_known: bool
    layers: tuple[Mapping[str, Any], ...]
    members: int
    weights: int
    history: tuple[Mapping[str, float], ...]
    best_epoch: int
    epoch_seconds: tuple[float, ...]
    figures: Mapping[str, Mapping[str, Any]]
    steps: tuple[Step, ...]
    command: str
    versions: Mapping[str, str]
    machine: str
    code: str
    written: str
    predictions: Predictions | None
    missing: str
    first_layer: np.ndarray | None
    patches: tuple[int, np.ndarray] | None = None
    source: str = ""  # as it would be typed
    unit: str = "image"  # what an example is called: of a table, a row

    @property
    def flips(self) -> bool:
        """Whether predictions are averages over an image and its mirror image (flip TTA)."""
        return bool(self.parameters.get("tta"))

    @property
    def data(self) -> str:
        """The dataset as people call it: by its source where it has no name but its digest."""
        name = re.split(r"[/\\]", self.source.rstrip("/\\"))[-1].partition("?")[0]
        custom = name and self.dataset.startswith("custom-")
        return f"{visible(name)} ({self.dataset})" if custom else self.dataset

    @property
    def epochs(self) -> int:
        """The epochs that were trained."""
        return len(self.history)

    @property
    def best(self) -> Mapping[str, float]:
        """The history's entry for the epoch whose parameters were kept."""
        return next((e for e in self.history if e["epoch"] == self.best_epoch), {})

    @property
    def confusion(self) -> np.ndarray | None:
        """Counts of test images by [truth, prediction]: with flip TTA where predictions are.

        None of more classes than fit into a matrix.
        """
        if len(self.classes) > SQUARE:
            return None
        if self.predictions is not None:
            return self.predictions.confusion
        counts = self.figures.get("test", {}).get("confusion")
        return None if counts is None else np.array(counts, np.int64)

    @property
    def accuracy(self) -> float | None:
        """On the test images, as the model predicts: with flip TTA where it has that."""
        test = self.figures.get("test", {})
        return test.get("tta", test).get("accuracy") if self.flips else test.get("accuracy")

    @property
    def loss(self) -> float | None:
        """On the test images, with flip TTA where the run has that."""
        test = self.figures.get("test", {})
        return test.get("tta", test).get("loss") if self.flips else test.get("loss")

    @property
    def network(self) -> str:
        """What was trained, in words."""
        hidden = [f"{layer['outputs']:,}" for layer in self.layers[:-1] if "outputs" in layer]
        words = "a network without hidden layers"
        if hidden:
            layers = "layer" if len(hidden) == 1 else "layers"
            words = f"a perceptron with {len(hidden)} hidden {layers} of {listed(hidden)} units"
            local = sum(layer.get("kind") == "local" for layer in self.layers)
            count = f" {local}" if local > 1 else ""
            words += f", the first{count} locally connected" if local else ""
        if self.members > 1:
            words = f"an ensemble of {several(self.members, 'network')}, each {words}"
        return words
