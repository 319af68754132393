"""What a classifier got right and wrong, in evaluation (Scores) and in training (Totals)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .losses import cross_entropy


@dataclass(frozen=True)
class Scores:
    """How a network did on some images.

    images: their number. loss: mean cross-entropy. accuracy: share predicted right. per_class: the
    accuracy of each true class. confusion: int64 (classes, classes), counts by [truth, prediction].
    What would be a mean over no images is None.
    """

    images: int
    loss: float | None
    accuracy: float | None
    per_class: list[float | None]
    confusion: np.ndarray


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
    counts = confusion(truth, logits.argmax(axis=1), logits.shape[1])
    return Scores(
        images=len(logits),
        loss=float(cross_entropy(logits, truth).mean()) if len(logits) else None,
        accuracy=_share(np.trace(counts), counts.sum()),
        per_class=[_share(row[truth], row.sum()) for truth, row in enumerate(counts)],
        confusion=counts,
    )


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts, int64 (classes, classes): a row per true class, a column per predicted one."""
    pairs = np.asarray(truth, np.int64) * classes + np.asarray(predicted, np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def _share(hits: int, images: int) -> float | None:
    return float(hits / images) if images else None
