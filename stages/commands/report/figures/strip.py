"""A strip plot: the accuracy of each trial over the values of one parameter, with their medians."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from stages.commands.report.figures import axes
from stages.commands.report.figures.svg import frame, n, words
from stages.commands.report.html import Markup, shorten, tag
from stages.commands.report.words import percent, short

WIDTH, HEIGHT = 360, 214
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 34
COLUMNS = 12  # values, at most, that each have a column; numbers beyond lie along an axis
GOLDEN = 0.6180339887  # multiples of it, less their whole part, are spread evenly

Point = tuple[Any, float, str]  # a value, an accuracy, the value as text


def draw(name: str, points: Sequence[Point]) -> Markup:
    """All trials that did not fail. Those that fall on one place are drawn once."""
    scores = [score for _, score, _ in points]
    slack = 0.05 * (max(scores) - min(scores)) or 0.01
    low, high = max(min(scores) - slack, 0), min(max(scores) + slack, 1)
    y = axes.scale(low, high, HEIGHT - BOTTOM, TOP)
    floor = HEIGHT - BOTTOM
    parts: list[Markup] = []
    for value in axes.ticks(low, high, 4):
        parts.append(tag("path", d=f"M{LEFT} {n(y(value))}H{WIDTH - RIGHT}", class_="grid"))
        digits = 0 if high - low > 0.04 else 1
        parts.append(words(LEFT - 6, y(value) + 4, percent(value, digits), class_="end"))
    texts = {text: value for value, _, text in points}
    numeric = all(type(value) in (int, float) for value in texts.values())
    if numeric and len(texts) > COLUMNS:
        parts += _along(points, y)
    else:
        parts += _columns(points, texts, numeric, y)
    parts.append(tag("path", d=f"M{LEFT} {floor}H{WIDTH - RIGHT}", class_="axis"))
    parts.append(words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 3, name, class_="mid dim"))
    text = f"Accuracy of {len(points):,} trials by {name}, from {percent(min(scores))} to "
    return frame(parts, text + percent(max(scores)), WIDTH, HEIGHT)


def _dots(places: Sequence[tuple[float, float]]) -> Markup:
    found = dict.fromkeys((round(x), round(y)) for x, y in places)
    return tag("path", d="".join(f"M{x} {y}h0" for x, y in found), class_="dots")


def _median(left: float, right: float, y: float) -> Markup:
    return tag("path", d=f"M{n(left)} {n(y)}H{n(right)}", class_="median")


def _columns(
    points: Sequence[Point], texts: dict[str, Any], numeric: bool, y: axes.Scale
) -> list[Markup]:
    """A column for each value; so many that they do not fit are cut off, the rarest of them."""
    by_text: dict[str, list[float]] = {}
    for _, score, text in points:
        by_text.setdefault(text, []).append(score)
    names = sorted(by_text, key=lambda t: texts[t]) if numeric else list(by_text)
    if len(names) > COLUMNS:
        names = sorted(names, key=lambda t: -len(by_text[t]))[:COLUMNS]
    wide = (WIDTH - LEFT - RIGHT) / len(names)
    places, parts = [], []
    for column, name in enumerate(names):
        left, scores = LEFT + column * wide, by_text[name]
        for number, score in enumerate(scores):
            aside = (0.5 + (number + 1) * GOLDEN) % 1.0 if len(scores) > 1 else 0.5
            places.append((left + wide * (0.25 + 0.5 * aside), y(score)))
        middle = statistics.median(scores)
        told = tag("title", f"{name}: median {percent(middle)} of {len(scores):,}")
        parts.append(tag("g", _median(left + wide / 6, left + 5 * wide / 6, y(middle)), told))
        label = shorten(name, max(3, int(wide / 6.5)))
        parts.append(words(left + wide / 2, HEIGHT - BOTTOM + 16, label, class_="mid"))
    return [_dots(places), *parts]


def _along(points: Sequence[Point], y: axes.Scale) -> list[Markup]:
    """Numbers along an axis, in powers of ten where they span more than one."""
    values = [float(value) for value, _, _ in points]
    low, high = min(values), max(values)
    log = low > 0 and high / low > 20
    x = axes.scale(low, high, LEFT + 6, WIDTH - RIGHT - 6, log)
    marks = axes.log_ticks(low, high) if log else axes.ticks(low, high, 5)
    parts = [
        _dots([(x(value), y(score)) for value, (_, score, _) in zip(values, points, strict=True)])
    ]
    for value in marks:
        parts.append(words(x(value), HEIGHT - BOTTOM + 16, short(value), class_="mid"))
    ordered = sorted(zip(values, (score for _, score, _ in points), strict=True))
    groups = min(8, max(1, int(math.sqrt(len(ordered)))))
    size = -(-len(ordered) // groups)
    for start in range(0, len(ordered), size):
        group = ordered[start : start + size]
        middle = statistics.median(score for _, score in group)
        parts.append(_median(x(group[0][0]), max(x(group[-1][0]), x(group[0][0]) + 4), y(middle)))
    return parts
