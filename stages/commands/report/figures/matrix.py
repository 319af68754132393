"""The matrix of confusion as an SVG, for so many classes that a table of them would be too wide.

Cells of one shade are one path: 10,000 of them take some 100 kB.
"""

from __future__ import annotations

import numpy as np

from stages.commands.report.figures.chart import Matrix
from stages.commands.report.figures.colours import LEVELS
from stages.commands.report.figures.svg import frame, n, words
from stages.commands.report.html import Markup, shorten, tag

CELL, SIDE = 8, 720  # of a cell, at least; of all of them together, about
MARGIN = 96  # for names
LABELLED = 26  # classes, at most, that are all named; of more, every k-th


def shades(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels (classes, classes), -1 for 0, as seen among the right ones and among the wrong ones.

    The diagonal is shaded by the share of the class that was right; the rest by the share that was
    taken for the other, the largest of all being full: most mistakes are rare, and they are what
    there is to see.
    """
    counts = np.asarray(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    off = shares - np.diag(shares.diagonal())
    diagonal = np.eye(len(counts), dtype=bool)
    part = np.where(diagonal, shares, off / max(off.max(), 1e-12))
    levels = np.minimum((part * LEVELS).astype(int), LEVELS - 1)
    levels[counts == 0] = -1
    return np.where(diagonal, levels, -1), np.where(diagonal, -1, levels)


def draw(matrix: Matrix, margin: int = MARGIN) -> Markup:
    """Truth in rows, predictions in columns."""
    count = len(matrix.names)
    cell = max(CELL, SIDE // count)
    side = cell * count
    parts = [tag("rect", x=margin, y=margin, width=side, height=side, class_="well")]
    for kind, levels in zip("rw", shades(matrix.counts), strict=True):
        for number in range(LEVELS):
            rows, columns = np.nonzero(levels == number)
            data = "".join(
                f"M{margin + column * cell} {margin + row * cell}h{cell}v{cell}h-{cell}z"
                for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            )
            if data:
                parts.append(tag("path", d=data, class_=f"{kind}{number}"))
    parts += _numbers(matrix, cell, margin) if cell >= 24 else []
    every = 1 if count <= LABELLED else -(-count // (LABELLED // 2))
    for number in range(0, count, every):
        middle, name = margin + (number + 0.5) * cell, shorten(matrix.names[number], 14)
        parts.append(words(margin - 6, middle + 4, name, class_="end"))
        turned = f"rotate(-60 {n(middle)} {margin - 6})"
        parts.append(words(middle, margin - 6, name, transform=turned))
    text = f"{matrix.title}. Matrix of {count} classes: truth in rows, predictions in columns."
    return frame(parts, text, margin + side + 40, margin + side + 8)


def _numbers(matrix: Matrix, cell: int, margin: int) -> list[Markup]:
    right, wrong = shades(matrix.counts)
    found = []
    for row, column in np.argwhere(matrix.counts).tolist():
        kind = "r" if row == column else "w"
        number = int(max(right[row, column], wrong[row, column]))
        place = margin + (column + 0.5) * cell, margin + (row + 0.5) * cell + 4
        style = f"mid t{kind}{number}"
        found.append(words(*place, f"{int(matrix.counts[row, column])}", class_=style))
    return found


def cell_style(counts: np.ndarray) -> list[list[str]]:
    """The style's class for each cell of a table."""
    right, wrong = (found.tolist() for found in shades(counts))
    return [
        [f"r{r}" if r >= 0 else f"w{w}" if w >= 0 else "none" for r, w in zip(*pair, strict=True)]
        for pair in zip(right, wrong, strict=True)
    ]
