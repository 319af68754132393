"""Charts as plain data: what is drawn, not how.

The title says what the chart shows; the lines carry their names at their ends, so that no legend is
needed and no colour has to be distinguished from another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Line:
    """Points (x, y) in the order of x. `colour` is a number of the palette."""

    name: str
    points: tuple[tuple[float, float], ...]
    colour: int = 0
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """Lines over one axis of whole numbers, such as epochs. `form` writes a y as text.

    ring: a point (x, y, its text) to point out. top: y begins at 0 and ends here, if not None.
    """

    title: str
    x_name: str
    form: Callable[[float], str]
    lines: tuple[Line, ...]
    log: bool = False
    ring: tuple[float, float, str] | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def xs(self) -> tuple[float, float]:
        """The smallest and the largest x."""
        found = [x for line in self.lines for x, _ in line.points]
        return min(found), max(found)

    @property
    def ys(self) -> tuple[float, float]:
        """The smallest and the largest y, a little apart even where all are the same."""
        found = [y for line in self.lines for _, y in line.points]
        low, high = min(found), max(found)
        if self.log:
            return (low, high) if high > low else (low / 2, high * 2)
        slack = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
        return (max(0.0, low - slack) if low >= 0 else low - slack), high + slack

    @property
    def text(self) -> str:
        """What a reader who cannot see it hears: title, and where each line begins and ends."""
        words = [
            f"{line.name} from {self.form(line.points[0][1])} to {self.form(line.points[-1][1])}"
            for line in self.lines
        ]
        return f"{self.title}. Line chart over {self.x_name}: {'; '.join(words)}."


@dataclass(frozen=True)
class Matrix:
    """Counts of images, int64 (classes, classes), by [truth, prediction]."""

    title: str
    names: tuple[str, ...]
    counts: np.ndarray


@dataclass(frozen=True)
class Effect:
    """How the accuracy of a search's trials goes with one parameter.

    points: of each trial its value, its accuracy (as a part of 1) and the value as it is typed.
    """

    title: str
    name: str
    points: tuple[tuple[Any, float, str], ...]

    @property
    def by_text(self) -> dict[str, list[float]]:
        """The accuracies of each value: numbers in their order, others as they first come."""
        found: dict[str, list[float]] = {}
        sizes = all(isinstance(value, list | tuple) for value, _, _ in self.points)
        sorts = self.numeric or sizes  # of layers, too: 8 before 16
        ordered = sorted(self.points, key=lambda one: one[0]) if sorts else self.points
        for _, score, text in ordered:
            found.setdefault(text, []).append(score)
        return found

    @property
    def numeric(self) -> bool:
        """Whether all values are numbers."""
        return all(type(value) in (int, float) for value, _, _ in self.points)


Figure = Chart | Matrix | Effect
