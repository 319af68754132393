"""The section "Confusion": what is taken for what."""

from __future__ import annotations

import numpy as np

from stages.commands.report.figures import matrix
from stages.commands.report.figures.chart import Matrix
from stages.commands.report.html import Markup, join, shorten, tag
from stages.commands.report.record import Record
from stages.commands.report.sections.parts import figure, section, table
from stages.commands.report.words import percent, several

TABLED = 20  # classes, at most, whose matrix is a table
TOP = 10  # mistakes that are listed
LEAD = (
    "Each row is a true class, each column what the network took it for. Blue is right; the "
    "deeper an orange, the larger the share of its row that went wrong there."
)


def confusion(record: Record) -> Markup | None:
    """The matrix, and the most frequent mistakes."""
    counts = record.confusion
    if counts is None:
        return None
    images, mistakes = int(counts.sum()), int(counts.sum() - counts.trace())
    title = f"{several(mistakes, 'mistake')} on {several(images, f'test {record.unit}')}"
    title += " with flip TTA" if record.flips and record.predictions else ""
    small = len(record.classes) <= TABLED
    drawn = (
        _table(record.classes, counts)
        if small
        else matrix.draw(Matrix(title, record.classes, counts))
    )
    heading = "The most frequent mistakes"
    return section(
        "confusion",
        "Confusion",
        LEAD,
        tag("div", figure(drawn, title, style="matrix"), _mistakes(record, counts, heading),
            class_="beside" if small else "below"),
    )  # fmt: skip


def _table(classes: tuple[str, ...], counts: np.ndarray) -> Markup:
    """The matrix as a table, that can be read, copied and heard."""
    heads = [tag("td", tag("span", "truth ↓ prediction →"), class_="corner")]
    heads += [tag("th", tag("span", shorten(name, 14)), scope="col") for name in classes]
    rows = []
    for name, row, styles in zip(classes, counts.tolist(), matrix.cell_style(counts), strict=True):
        cells = [
            tag("td", f"{count:,}" if count else "·", class_=style)
            for count, style in zip(row, styles, strict=True)
        ]
        rows.append(tag("tr", tag("th", shorten(name, 14), scope="row"), *cells))
    grid = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows), class_="confusion")
    return tag("div", grid, class_="scroll", tabindex="0", role="region",
               aria_label="Matrix of confusion")  # fmt: skip


def mistakes(counts: np.ndarray, most: int = TOP) -> list[tuple[int, int, int]]:
    """(truth, prediction, images) of the most frequent mistakes."""
    off = counts.copy()
    np.fill_diagonal(off, 0)
    order = np.argsort(-off, axis=None, kind="stable")[:most].tolist()
    found = [(*divmod(place, len(off)), int(off.flat[place])) for place in order]
    return [one for one in found if one[2]]


def _mistakes(record: Record, counts: np.ndarray, heading: str) -> Markup | None:
    classes = record.classes
    rows = [
        [
            join(
                [tag("b", shorten(classes[truth], 30)), " taken for ", shorten(classes[taken], 30)]
            ),
            f"{images:,}",
            percent(images / counts[truth].sum(), 0),
        ]
        for truth, taken, images in mistakes(counts)
    ]
    if not rows:
        return None
    grid = table(
        ["mistake", f"{record.unit}s", "of the class"],
        rows,
        heading,
        right=(1, 2),
        style="mistakes",
    )
    return tag("div", tag("h3", heading), grid)
