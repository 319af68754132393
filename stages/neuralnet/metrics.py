"""What a classifier got right and wrong, in evaluation (Scores) and in training (Totals)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .losses import cross_entropy


@dataclass(frozen=True)
class Scores:
    """How a network did on some images.

    images: their number. loss: mean cross-entropy. accuracy: share predicted right. per_class: the
    accuracy of each true class. pairs: int64 (m, 3), each (truth, prediction, count) that occurs.
    What would be a mean over no images is None.
    """

    images: int
    loss: float | None
    accuracy: float | None
    per_class: list[float | None]
    pairs: np.ndarray

    @property
    def confusion(self) -> np.ndarray:
        """Counts, int64 (classes, classes): a row per true class, a column per predicted one."""
        return _square(self.pairs, len(self.per_class))


@dataclass(frozen=True)
class Totals:
    """Sums over the steps of an epoch so far; images count as they were before their update.

    The loss is that of an evaluation, cross-entropy without label smoothing, but on images as they
    are trained on: augmented, mixed, and with dropout.

    Of an ensemble, loss and correct are means of what the members have, each by itself.
    """

    loss: float
    correct: float
    images: int

    def means(self) -> dict[str, float]:
        """Loss and accuracy per image."""
        return {"loss": self.loss / self.images, "accuracy": self.correct / self.images}


def score(logits: np.ndarray, truth: np.ndarray) -> Scores:
    """Scores of logits (n, classes) for true classes (n,); of equal logits the first one counts."""
    classes, predicted = logits.shape[1], logits.argmax(axis=1)
    right = np.bincount(truth[predicted == truth], minlength=classes)
    every = np.bincount(truth, minlength=classes)
    return Scores(
        images=len(logits),
        loss=float(cross_entropy(logits, truth).mean()) if len(logits) else None,
        accuracy=_share(right.sum(), len(logits)),
        per_class=[_share(*counts) for counts in zip(right, every, strict=True)],
        pairs=pairs(truth, predicted, classes),
    )


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts, int64 (classes, classes): a row per true class, a column per predicted one."""
    return _square(pairs(truth, predicted, classes), classes)


def pairs(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """The pairs that occur and how often, int64 (m, 3): (truth, prediction, count)."""
    codes = np.asarray(truth, np.int64) * classes + np.asarray(predicted, np.int64)
    found, counts = np.unique(codes, return_counts=True)
    return np.stack([found // classes, found % classes, counts], axis=1)


def _square(pairs: np.ndarray, classes: int) -> np.ndarray:
    counts = np.zeros((classes, classes), np.int64)
    counts[pairs[:, 0], pairs[:, 1]] = pairs[:, 2]
    return counts


def _share(hits: int, images: int) -> float | None:
    return float(hits / images) if images else None
