"""TrainingState: how far a training has come, and all that is needed to go on from there.

The position is (epoch, step). Parameters and optimizer slots are the trainer's; the state keeps
the history of finished epochs, the best parameters so far and when they were seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class TrainingState:
    """The record of a training under way. Epochs count from 0; the history shows them from 1."""

    best: np.ndarray
    epoch: int = 0
    step: int = 0
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def finish_epoch(self, entry: dict[str, float], parameters: np.ndarray) -> bool:
        """Take in a finished epoch; true where it is the best so far, which is then kept.

        The best has the highest validation accuracy, then the lowest validation loss; without
        validation images the last epoch is the best.
        """
        self.history.append(entry)
        self.epoch, self.step = self.epoch + 1, 0
        better = self.best_epoch == 0 or self._rank(entry) > self._rank(self.best_entry)
        if better:
            self.best_epoch = self.epoch
            np.copyto(self.best, parameters)
        return better

    @property
    def best_entry(self) -> dict[str, float]:
        """The history's entry of the best epoch."""
        return self.history[self.best_epoch - 1]

    def ended(self, epochs: int, patience: int) -> bool:
        """Whether all epochs are done, or the last `patience` (0: never) brought no progress."""
        return self.epoch >= epochs or 0 < patience <= self.epoch - self.best_epoch

    def record(self) -> dict[str, Any]:
        """What is no array of it, as a JSON value."""
        return {name: value for name, value in vars(self).items() if name != "best"}

    @staticmethod
    def _rank(entry: dict[str, float]) -> tuple[float, float]:
        if "validation_accuracy" not in entry:
            return entry["epoch"], 0.0
        return entry["validation_accuracy"], -entry["validation_loss"]
