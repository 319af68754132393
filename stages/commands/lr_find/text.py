"""The curve of a range test as text: a line in Braille's dots, with each step's loss as a point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipeline.events.console import DIM, YELLOW, Console
from stages.commands.lr_find.curve import shown, window

ROWS, MARGIN, NARROWEST, WIDEST = 13, 8, 40, 100  # characters
# The dots of a Braille character by row and column (Unicode 15, section 21.1: U+2800 + their sum).
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
FINE = {"point": "·", "up": "┊", "mark": "▲", "end": "✕", "y": "┤", "wall": "│"}
FINE |= {"corner": "└", "floor": "─", "tick": "┬", "curve": ""}
PLAIN = {"point": ".", "up": ":", "mark": "^", "end": "x", "y": "+", "wall": "|"}
PLAIN |= {"corner": "+", "floor": "-", "tick": "+", "curve": "o"}


def draw(found: Mapping[str, Any], console: Console) -> str:
    """The curve of `found` (see stage.py), as wide as the console, in characters that it has."""
    signs = FINE if console.fitting("⠿┤✕") == "⠿┤✕" else PLAIN
    width = max(min(console.columns, WIDEST), NARROWEST) - MARGIN - 1
    rates, ends = found["rates"], found["blew_up"] or found["rates"][-1]
    low, high = window(found["losses"], found["smoothed"])
    decades = math.log10(ends / rates[0]) or 1.0

    def column(rate: float) -> float:
        return math.log10(rate / rates[0]) / decades * (width - 1)

    def row(loss: float) -> float:
        return max((high - loss) / (high - low) * (ROWS - 1), -1.0)  # -1: out of sight

    grid = [[" "] * width for _ in range(ROWS)]
    for rate, loss in zip(rates, found["losses"], strict=True):
        if low <= loss <= high:
            grid[round(row(loss))][round(column(rate))] = console.paint(signs["point"], DIM)
    if found["suggestion"]:
        for line in grid:
            place = round(column(found["suggestion"]))
            line[place] = console.paint(signs["up"], YELLOW)
    path = [(column(r), row(s)) for r, s in zip(rates, found["smoothed"], strict=True)]
    for (x, y), dots in _line(path, width).items():
        grid[y][x] = signs["curve"] or chr(0x2800 + dots)
    if found["blew_up"]:
        grid[0][-1] = console.paint(signs["end"], YELLOW)
    lines = []
    for y, line in enumerate(grid):
        loss = high - y / (ROWS - 1) * (high - low)
        label, sign = (f"{loss:.2f}", signs["y"]) if y % 3 == 0 else ("", signs["wall"])
        lines.append(f"{label:>{MARGIN - 2}} {sign}{''.join(line)}".rstrip())
    return "\n".join([*lines, *_axis(found, ends, column, width, signs)])


def _line(path: Sequence[tuple[float, float]], width: int) -> dict[tuple[int, int], int]:
    """The dots of each character, by column and row, that a line through these places touches."""
    cells: dict[tuple[int, int], int] = {}
    for (x0, y0), (x1, y1) in pairwise(path):
        steps = 2 + int(8 * max(abs(x1 - x0), abs(y1 - y0)))
        for step in range(steps):
            part = step / (steps - 1)
            x, y = x0 + part * (x1 - x0), y0 + part * (y1 - y0)
            across, down = int(2 * x + 1), int(4 * y + 2)
            place = across // 2, down // 4
            if place[0] < width and place[1] < ROWS and y > -0.5:
                cells[place] = cells.get(place, 0) | DOTS[down % 4][across % 2]
    return cells


def _axis(
    found: Mapping[str, Any],
    highest: float,
    column: Callable[[float], float],
    width: int,
    signs: Mapping[str, str],
) -> list[str]:
    """The axis of the rates, and their powers of ten below it."""
    lowest, suggestion = found["rates"][0], found["suggestion"]
    floor, labels = [signs["floor"]] * width, [" "] * (MARGIN + width)
    for power in range(math.ceil(math.log10(lowest) - 1e-9), math.floor(math.log10(highest)) + 1):
        place = round(column(10.0**power))
        if 0 <= place < width:
            floor[place] = signs["tick"]
            text = shown(10.0**power)
            start = min(MARGIN + place - len(text) // 2, MARGIN + width - len(text))
            if not "".join(labels[max(start - 1, 0) : start + len(text) + 1]).strip():
                labels[start : start + len(text)] = text
    if suggestion:
        floor[round(column(suggestion))] = signs["mark"]
    return [" " * (MARGIN - 1) + signs["corner"] + "".join(floor), "".join(labels).rstrip()]
