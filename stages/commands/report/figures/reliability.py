"""The reliability diagram: how often a prediction is right, by how sure the network was of it."""

from __future__ import annotations

from stages.commands.report.figures import axes
from stages.commands.report.figures.svg import frame, n, words
from stages.commands.report.html import Markup, tag
from stages.commands.report.statistics import BINS, Calibration, wilson
from stages.commands.report.words import percent

FEW = 10  # images of a bin that is drawn faintly
WIDTH, HEIGHT = 400, 388
LEFT, RIGHT, TOP, SPLIT, FLOOR = 46, 14, 10, 270, 346  # the histogram lies below the split


def draw(found: Calibration, text: str) -> Markup:
    """A dot for each bin with its 95% interval, the diagonal, and how many images each bin has."""
    x = axes.scale(0, 1, LEFT, WIDTH - RIGHT)
    y = axes.scale(0, 1, SPLIT, TOP)
    most = max(int(found.images.max()), 1)
    bar = axes.scale(0, most, FLOOR, SPLIT + 22)
    parts: list[Markup] = []
    for value in (0, 0.25, 0.5, 0.75, 1):
        parts.append(tag("path", d=f"M{LEFT} {n(y(value))}H{WIDTH - RIGHT}", class_="grid"))
        parts.append(words(LEFT - 6, y(value) + 4, f"{value:.0%}", class_="end"))
        parts.append(words(x(value), FLOOR + 16, f"{value:.0%}", class_="mid"))
    parts.append(tag("path", d=f"M{n(x(0))} {n(y(0))}L{n(x(1))} {n(y(1))}", class_="ideal"))
    for place in range(BINS):
        images = int(found.images[place])
        if images:
            parts.append(_bin(found, place, images, x, y, bar))
    parts.append(tag("path", d=f"M{LEFT} {FLOOR}H{WIDTH - RIGHT}", class_="axis"))
    parts.append(words(LEFT - 6, FLOOR + 1, "0", class_="end"))
    parts.append(words(LEFT - 6, SPLIT + 27, f"{most:,}", class_="end"))
    parts.append(words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, "confidence", class_="mid dim"))
    return frame(parts, text, WIDTH, HEIGHT)


def _bin(
    found: Calibration, place: int, images: int, x: axes.Scale, y: axes.Scale, bar: axes.Scale
) -> Markup:
    sure, right = float(found.confidence[place]), float(found.accuracy[place])
    low, high = wilson(right * images, images)
    left, wide = x(place / BINS) + 1, x(1 / BINS) - x(0) - 2
    few = " few" if images < FEW else ""  # an interval over half the picture says little
    label = f"confidence {percent(sure)}: {percent(right)} right, {images:,} images"
    return tag(
        "g",
        tag("title", label),
        tag("rect", x=n(left), y=n(bar(images)), width=n(wide),
            height=n(max(bar(0) - bar(images), 0.6)), class_="bar"),
        tag("path", d=f"M{n(x(sure))} {n(y(sure))}V{n(y(right))}", class_="gap" + few),
        tag("path", d=f"M{n(x(sure))} {n(y(low))}V{n(y(high))}", class_="whisker" + few),
        tag("circle", cx=n(x(sure)), cy=n(y(right)), r=n(4 if images > 20 else 2.5), class_="dot"),
    )  # fmt: skip
