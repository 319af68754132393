"""Charts and matrices as text for a terminal: lines in Braille's dots, as wide as the terminal."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pipeline.cli.table import align, whole_width
from pipeline.events.console import Console
from pipeline.events.fitting import beginning, shortened
from stages.commands.report.figures import axes
from stages.commands.report.figures.chart import Chart, Effect, Figure, Matrix
from stages.commands.report.html import shorten, visible

ROWS, MARGIN, NAMES, WIDEST, NARROWEST = 9, 9, 13, 100, 44  # characters
# The dots of a Braille character by row and column (Unicode 15, section 21.1: U+2800 + their sum).
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
VALUES, GROUPS = 12, 8  # lines of an effect, at most; groups of many numbers
COLOURS = ("34", "33", "32", "35", "31", "36")  # of terminals, near those of the palette
MARKS = "*o+x#@"  # where Braille's dots are not to be had


def show(figure: Figure, console: Console) -> str:
    """Any of them, no wider than the console."""
    hands: dict[type, Callable[[Any, Console], str]]
    hands = {Chart: draw, Matrix: matrix, Effect: effect}
    return hands[type(figure)](figure, console)


def draw(chart: Chart, console: Console) -> str:
    """The chart below its title; each line in a colour, with its name at its end."""
    fine = console.fitting("⠿┤") == "⠿┤"
    total = max(min(console.columns, WIDEST), NARROWEST)
    width = total - MARGIN - 1 - (NAMES if any(line.name for line in chart.lines) else 0)
    low, high = chart.ys
    x = axes.scale(*chart.xs, 0, width - 1)
    y = axes.scale(low, high, ROWS - 1, 0, chart.log)
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    for line in chart.lines:
        found = _touched([(x(a), y(b)) for a, b in line.points], width)
        for place, dots in found.items():
            before = cells.get(place, (0, 0))[0] if fine else 0
            cells[place] = (before | dots, line.colour)
    ends = axes.spread([y(line.points[-1][1]) for line in chart.lines], 1, 0, ROWS - 1)
    names = {round(end): line for end, line in zip(ends, chart.lines, strict=True)}
    lines = [shorten(chart.title, total)]
    for row in range(ROWS):
        value = chart.form(_value(row, low, high, chart.log)) if row % 4 == 0 else ""
        body = "".join(_cell(cells.get((column, row)), fine, console) for column in range(width))
        name = names.get(row)
        label = console.paint(shorten(name.name, NAMES - 1), COLOURS[name.colour]) if name else ""
        edge = ("┤" if value else "│") if fine else ("+" if value else "|")
        lines.append(f"{value:>{MARGIN - 1}}{edge}{body} {label}".rstrip())
    return "\n".join([*lines, *_floor(chart, x, width, fine)])


def _value(row: int, low: float, high: float, log: bool) -> float:
    part = 1 - row / (ROWS - 1)
    return low * (high / low) ** part if log else low + part * (high - low)


def _cell(found: tuple[int, int] | None, fine: bool, console: Console) -> str:
    if found is None:
        return " "
    dots, colour = found
    sign = chr(0x2800 + dots) if fine else MARKS[colour]
    return console.paint(sign, COLOURS[colour])


def _touched(places: Sequence[tuple[float, float]], width: int) -> dict[tuple[int, int], int]:
    """The dots of each character, by column and row, that a line through these places touches."""
    cells: dict[tuple[int, int], int] = {}
    for (x0, y0), (x1, y1) in pairwise(places if len(places) > 1 else [*places, *places]):
        steps = 2 + int(8 * max(abs(x1 - x0), abs(y1 - y0)))
        for step in range(steps):
            part = step / (steps - 1)
            across = int(2 * (x0 + part * (x1 - x0)) + 1)
            down = int(4 * (y0 + part * (y1 - y0)) + 2)
            place = min(across // 2, width - 1), min(down // 4, ROWS - 1)
            cells[place] = cells.get(place, 0) | DOTS[down % 4][across % 2]
    return cells


def _floor(chart: Chart, x: axes.Scale, width: int, fine: bool) -> list[str]:
    """The axis below, its whole numbers and its name."""
    floor = ["─" if fine else "-"] * width
    labels = list(f"{shorten(chart.x_name, MARGIN - 2):<{MARGIN + width}}")
    for value in axes.whole_ticks(*chart.xs):
        column, text = round(x(value)), f"{value:,.0f}"
        floor[column] = "┬" if fine else "+"
        start = min(MARGIN + column - len(text) // 2, MARGIN + width - len(text))
        labels[start : start + len(text)] = text
    corner = "└" if fine else "+"
    return [" " * (MARGIN - 1) + corner + "".join(floor), "".join(labels).rstrip()]


def matrix(found: Matrix, console: Console) -> str:
    """The matrix as a table where it fits; else the largest numbers beside the diagonal."""
    counts = np.asarray(found.counts)
    cells = [["·" if not count else f"{count}" for count in row] for row in counts.tolist()]
    names = [shorten(name, 14) for name in found.names]
    title = shortened(visible(found.title), console.width)
    for signs in (5, 4, 3):  # of the names above columns
        head = ["truth ↓ as →", *(beginning(visible(name), signs) for name in found.names)]
        rows = [head, *([name, *row] for name, row in zip(names, cells, strict=True))]
        if whole_width(rows) <= (console.width or console.columns):
            return f"{title}\n{align(rows, right=range(1, len(rows)))}"
    off = counts.copy()
    np.fill_diagonal(off, 0)
    order = np.argsort(-off, axis=None, kind="stable")[:10].tolist()
    pairs = [divmod(place, len(off)) for place in order]
    rows = [[names[a], f"taken for {names[b]}", f"{int(off[a, b])}"] for a, b in pairs if off[a, b]]
    return f"{title}\n{align(rows, right=(2,))}"


def effect(found: Effect, console: Console) -> str:
    """A bar for the median of each value, or of each eighth of many values: the longest is best."""
    groups = list(found.by_text.items())
    if len(groups) > VALUES:
        ordered = [(text, score) for text, scores in groups for score in scores]
        size = -(-len(ordered) // (VALUES if not found.numeric else GROUPS))
        parts = [ordered[start : start + size] for start in range(0, len(ordered), size)]
        groups = [(f"{one[0][0]} to {one[-1][0]}", [score for _, score in one]) for one in parts]
    rows = [(shorten(text, 24), statistics.median(scores), len(scores)) for text, scores in groups]
    low, high = min(row[1] for row in rows), max(row[1] for row in rows)
    width = max(min(console.columns, WIDEST) - 48, 10)
    sign = "█" if console.fitting("█") == "█" else "#"
    table = [
        [text, f"{middle:.2%}", f"of {count:,}",
         sign * (1 + round((width - 1) * (middle - low) / ((high - low) or 1)))]
        for text, middle, count in rows
    ]  # fmt: skip
    title = shortened(visible(f"{found.name}: {found.title}"), console.width)
    return f"{title}\n{align(table, right=(1, 2))}"
