"""What a training counts up while an epoch lasts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Totals:
    """Sums over the steps of an epoch so far; images count as they were before their update.

    Of an ensemble, loss and correct are means of what the members have, each by itself.
    """

    loss: float
    correct: float
    images: int

    def means(self) -> dict[str, float]:
        """Loss and accuracy per image."""
        return {"loss": self.loss / self.images, "accuracy": self.correct / self.images}
