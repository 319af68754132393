"""Following a training: how far it is, a line for each epoch, and why it ended.

Nothing here changes what is trained, so the stage `train` leaves it out of its fingerprint.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.context import Progress
from stages.training.state import TrainingState


class Follower:
    """Moves one task over the whole training, so that the time left is that of all its epochs."""

    def __init__(self, progress: Progress, state: TrainingState, epochs: int, images: int) -> None:
        self._progress, self._state, self._epochs, self._images = progress, state, epochs, images
        self._done = 0

    def at(self, images: int) -> None:
        """Say that so many images of the state's epoch are done."""
        done = self._state.epoch * self._images + images
        self._progress.advance(done - self._done, self._note())
        self._done = done

    def _note(self) -> str:
        """Which epoch it is, and the best so far."""
        note = f"epoch {self._state.epoch + 1}/{self._epochs}"
        best = self._state.best_epoch and self._state.best_entry.get("validation_accuracy")
        return f"{note}, best {best:.2%}" if best else note


def epoch_line(entry: Mapping[str, float], epochs: int, seconds: float, better: bool) -> str:
    """One epoch for the reader's eye, in less than 80 columns; a star marks the best so far."""
    width = len(str(epochs))
    line = (
        f"epoch {entry['epoch']:>{width}}/{epochs}  loss {entry['loss']:.4f}  "
        f"{entry['accuracy']:6.2%}"
    )
    if "validation_loss" in entry:
        line += (
            f"  validation {entry['validation_loss']:.4f}  "
            f"{entry['validation_accuracy']:6.2%} {'*' if better else ' '}"
        )
    return f"{line}  {seconds:.2f} s"


def stopped_early(state: TrainingState, patience: int) -> str:
    """Why a training ended before its last epoch."""
    best = state.best_entry.get("validation_accuracy", 0.0)
    return (
        f"early stopping after epoch {state.epoch}: {patience} epoch{'s' * (patience != 1)} "
        f"without a better validation; epoch {state.best_epoch} was the best, with {best:.2%}"
    )
