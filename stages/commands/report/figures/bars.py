"""Small bars: an accuracy with its interval; shares of a time."""

from __future__ import annotations

from collections.abc import Sequence

from stages.commands.report.figures import axes
from stages.commands.report.figures.colours import LINES_LIGHT
from stages.commands.report.figures.svg import frame, n, words
from stages.commands.report.html import Markup, tag
from stages.commands.report.words import interval, percent

WIDTH, HEIGHT = 320, 44


def interval_bar(accuracy: float, ends: tuple[float, float], chance: float) -> Markup:
    """An accuracy on the line from 0 to 100%, its 95% interval, and what guessing would reach."""
    x, middle = axes.scale(0, 1, 8, WIDTH - 8), 14
    text = f"{percent(accuracy)} right, 95% interval {interval(ends)}; chance is {percent(chance)}"
    # The words stand away from each other, and within the picture.
    side = "end" if accuracy < chance else "start"
    parts = [
        tag("path", d=f"M8 {middle}H{WIDTH - 8}", class_="track"),
        tag("path", d=f"M8 {middle}H{n(x(accuracy))}", class_="filled"),
        tag("path", d=f"M{n(x(ends[0]))} {middle}H{n(x(ends[1]))}", class_="band"),
        tag("circle", cx=n(x(accuracy)), cy=middle, r=4.5, class_="dot"),
        tag("path", d=f"M{n(x(chance))} {middle - 8}v16", class_="mark"),
        words(x(chance), HEIGHT - 6, "chance", class_="mid" if chance > 0.08 else side),
        words(WIDTH - 8, HEIGHT - 6, "100%", class_="end"),
    ]
    return frame(parts, text, WIDTH, HEIGHT)


def shade(style: str, number: int) -> str:
    """The classes of a part of a whole: a colour for each of the largest, one for all others."""
    return f"{style} c{number}" if number < len(LINES_LIGHT) else style


def share_bar(shares: Sequence[tuple[str, float]], text: str) -> Markup:
    """Parts of a whole, one beside the other, each in a colour of its own."""
    whole, place, parts = sum(share for _, share in shares) or 1.0, 0.0, []
    for number, (name, share) in enumerate(shares):
        width = 1000 * share / whole
        label = tag("title", f"{name}: {percent(share / whole)}")
        style = shade("part", number)
        parts.append(
            tag("rect", label, x=n(place), y=0, width=n(max(width, 1)), height=28, class_=style)
        )
        place += width
    return frame(parts, text, 1000, 28, preserveAspectRatio="none")
