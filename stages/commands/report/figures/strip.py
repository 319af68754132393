"""A strip plot: the accuracy of each trial over the values of one parameter, with their medians."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from pipeline.events.fitting import columns
from stages.commands.report.figures import axes
from stages.commands.report.figures.chart import Effect
from stages.commands.report.figures.svg import frame, n, words
from stages.commands.report.html import Markup, shorten, tag
from stages.commands.report.words import percent, short

WIDTH, HEIGHT = 360, 226
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 46
COLUMNS = 12  # values, at most, that each have a column; numbers beyond lie along an axis
EACH, SIGN = 120, 6.6  # trials, at most, that are a dot each; the width of a sign
GOLDEN = 0.6180339887  # multiples of it, less their whole part, are spread evenly


def draw(effect: Effect) -> Markup:
    """All trials that did not fail. Those that fall on one place are drawn once."""
    scores = [score for _, score, _ in effect.points]
    slack = 0.05 * (max(scores) - min(scores)) or 0.01
    low, high = max(min(scores) - slack, 0), min(max(scores) + slack, 1)
    y = axes.scale(low, high, HEIGHT - BOTTOM, TOP)
    floor = HEIGHT - BOTTOM
    parts: list[Markup] = []
    for value in axes.ticks(low, high, 4):
        parts.append(tag("path", d=f"M{LEFT} {n(y(value))}H{WIDTH - RIGHT}", class_="grid"))
        digits = 0 if high - low > 0.04 else 1
        parts.append(words(LEFT - 6, y(value) + 4, percent(value, digits), class_="end"))
    if effect.numeric and len(effect.by_text) > COLUMNS:
        parts += _along(effect.points, y)
    else:
        parts += _columns(effect.by_text, y)
    parts.append(tag("path", d=f"M{LEFT} {floor}H{WIDTH - RIGHT}", class_="axis"))
    parts.append(words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 3, effect.name, class_="mid dim"))
    text = f"Accuracy of {len(scores):,} trials by {effect.name}, from {percent(min(scores))} to "
    return frame(parts, text + percent(max(scores)), WIDTH, HEIGHT)


def _dots(places: Sequence[tuple[float, float]]) -> Markup:
    found = dict.fromkeys((round(x), round(y)) for x, y in places)
    return tag("path", d="".join(f"M{x} {y}h0" for x, y in found), class_="dots")


def _spread(
    left: float, right: float, scores: Sequence[float], y: axes.Scale, title: str
) -> Markup:
    """The median of some trials; of many, also where nine of ten and where half of them lie."""
    middle = statistics.median(scores)
    parts = [tag("title", f"{title}: median {percent(middle)} of {len(scores):,}")]
    if len(scores) > EACH:
        ordered = sorted(scores)
        for part, style in ((0.05, "most"), (0.25, "half")):
            cut = int(part * (len(ordered) - 1))
            high, low = y(ordered[-1 - cut]), y(ordered[cut])
            parts.append(
                tag("rect", x=n(left), y=n(high), width=n(max(right - left, 1)),
                    height=n(max(low - high, 1)), class_=style)
            )  # fmt: skip
    parts.append(
        tag("path", d=f"M{n(left)} {n(y(middle))}H{n(max(right, left + 3))}", class_="median")
    )
    return tag("g", *parts)


def _columns(by_text: dict[str, list[float]], y: axes.Scale) -> list[Markup]:
    """A column for each value; so many that they do not fit are cut off, the rarest of them."""
    names = list(by_text)
    if len(names) > COLUMNS:
        names = sorted(names, key=lambda text: -len(by_text[text]))[:COLUMNS]
    wide = (WIDTH - LEFT - RIGHT) / len(names)
    places, parts = [], []
    staggered = max(map(columns, names)) * SIGN > wide  # in two rows, so that they do not meet
    for column, name in enumerate(names):
        left, scores = LEFT + column * wide, by_text[name]
        if len(scores) <= EACH:
            for number, score in enumerate(scores):
                offset = (0.5 + (number + 1) * GOLDEN) % 1.0 if len(scores) > 1 else 0.5
                places.append((left + wide * (0.25 + 0.5 * offset), y(score)))
        parts.append(_spread(left + wide / 6, left + 5 * wide / 6, scores, y, name))
        label = shorten(name, max(3, int((2 if staggered else 1) * wide / SIGN)))
        row = HEIGHT - BOTTOM + (28 if staggered and column % 2 else 15)
        parts.append(words(left + wide / 2, row, label, class_="mid"))
    return [_dots(places), *parts]


def _along(points: Sequence[tuple[Any, float, str]], y: axes.Scale) -> list[Markup]:
    """Numbers along an axis, in powers of ten where they span more than one."""
    values = [float(value) for value, _, _ in points]
    low, high = min(values), max(values)
    log = low > 0 and high / low > 20
    x = axes.scale(low, high, LEFT + 6, WIDTH - RIGHT - 6, log)
    ordered = sorted((value, score) for value, (_, score, _) in zip(values, points, strict=True))
    parts = []
    if len(points) <= 4 * EACH:
        parts.append(_dots([(x(value), y(score)) for value, score in ordered]))
    for value in axes.log_ticks(low, high) if log else axes.ticks(low, high, 5):
        parts.append(words(x(value), HEIGHT - BOTTOM + 15, short(value), class_="mid"))
    groups = min(24 if len(points) > 4 * EACH else 8, max(1, int(math.sqrt(len(ordered)))))
    size = -(-len(ordered) // groups)
    for start in range(0, len(ordered), size):
        group = ordered[start : start + size]
        title = f"{short(group[0][0])} to {short(group[-1][0])}"
        scores = [score for _, score in group]
        parts.append(_spread(x(group[0][0]), x(group[-1][0]), scores, y, title))
    return parts
