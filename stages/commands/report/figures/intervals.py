"""Figures with their intervals, a row each: which could be the same, seen at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stages.commands.report.figures import axes
from stages.commands.report.figures.svg import frame, n, words
from stages.commands.report.html import Markup, shorten, tag
from stages.commands.report.words import interval, percent

WIDTH, ROW, TOP, BOTTOM = 360, 30, 8, 26
LEFT, RIGHT, SIGN = 84, 16, 6.6  # the width of a sign


@dataclass(frozen=True)
class Row:
    """A value and the ends of its interval, as parts of 1, in a colour of the palette."""

    name: str
    value: float
    ends: tuple[float, float]
    colour: int = 0


def draw(rows: Sequence[Row], text: str) -> Markup:
    """Dots with whiskers over an axis that begins and ends near them."""
    lows, highs = [row.ends[0] for row in rows], [row.ends[1] for row in rows]
    slack = 0.06 * (max(highs) - min(lows)) or 0.01
    low, high = max(0.0, min(lows) - slack), min(1.0, max(highs) + slack)
    floor = TOP + ROW * len(rows)
    x = axes.scale(low, high, LEFT, WIDTH - RIGHT)
    parts: list[Markup] = []
    for value in axes.ticks(low, high, 4):
        digits = 0 if high - low > 0.04 else 1
        parts.append(tag("path", d=f"M{n(x(value))} {TOP}V{floor}", class_="grid"))
        parts.append(words(x(value), floor + 17, percent(value, digits), class_="mid"))
    for place, row in enumerate(rows):
        parts.append(_row(row, TOP + ROW * (place + 0.5), x))
    parts.append(tag("path", d=f"M{LEFT} {floor}H{WIDTH - RIGHT}", class_="axis"))
    return frame(parts, text, WIDTH, floor + BOTTOM)


def _row(row: Row, y: float, x: axes.Scale) -> Markup:
    left, right = (n(x(end)) for end in row.ends)
    label = f"{row.name}: {percent(row.value)}, 95% interval {interval(row.ends)}"
    return tag(
        "g",
        tag("title", label),
        words(LEFT - 10, y + 4, shorten(row.name, int((LEFT - 10) / SIGN)), class_="end name"),
        tag("path", d=f"M{left} {n(y)}H{right}", class_="reach"),
        tag("circle", cx=n(x(row.value)), cy=n(y), r=5, class_="dot"),
        class_=f"c{row.colour}",
    )
