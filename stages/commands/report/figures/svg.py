"""Charts as SVG, by hand: https://www.w3.org/TR/SVG2/. Colours come from the style around it.

A chart is drawn for a width of 360 and scales with its place: on a phone it fills the screen, on a
wide page three stand in a row, and its text is readable on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stages.commands.report.figures import axes
from stages.commands.report.figures.chart import Chart
from stages.commands.report.html import Markup, join, shorten, tag

WIDTH, HEIGHT = 360, 224
LEFT, RIGHT, TOP, BOTTOM = 44, 74, 10, 34
BARE = 14  # the right margin where no line has a name
MARGIN = 16  # around pictures that stand alone
LABEL, NAME = 13, 12  # height of a line's label; signs of it
HOVER = 120  # points of an axis, at most, that tell their values to a pointer


def n(value: float) -> str:
    """A coordinate in as few signs as it needs."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def path(points: Sequence[tuple[float, float]]) -> str:
    """A polyline as the data of a path."""
    return "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points)


def words(x: float, y: float, text: Any, **attributes: Any) -> Markup:
    """Text at a place: a value, or some parts in a row."""
    parts = text if isinstance(text, tuple) else (text,)
    return tag("text", *parts, x=n(x), y=n(y), **attributes)


def frame(content: Sequence[Any], text: str, width: float, height: float, **more: Any) -> Markup:
    """An <svg> that scales with its place; `text` is what it says to who cannot see it."""
    box = f"0 0 {n(width)} {n(height)}"
    return tag("svg", *content, viewBox=box, role="img", aria_label=text, class_="chart", **more)


def draw(chart: Chart) -> Markup:
    """A chart with its axes, its lines and their names."""
    low, high = chart.ys
    end = WIDTH - (RIGHT if any(line.name for line in chart.lines) else BARE)
    x = axes.scale(*chart.xs, LEFT, end)
    y = axes.scale(low, high, HEIGHT - BOTTOM, TOP, chart.log)
    floor = HEIGHT - BOTTOM
    parts: list[Markup] = []
    for value in axes.log_ticks(low, high) if chart.log else axes.ticks(low, high, 4):
        parts.append(tag("path", d=f"M{LEFT} {n(y(value))}H{end}", class_="grid"))
        parts.append(words(LEFT - 6, y(value) + 4, chart.form(value), class_="end"))
    for value in axes.whole_ticks(*chart.xs):
        parts.append(tag("path", d=f"M{n(x(value))} {floor}v4", class_="tick"))
        parts.append(words(x(value), floor + 16, f"{value:,.0f}", class_="mid"))
    parts.append(words((LEFT + end) / 2, HEIGHT - 3, chart.x_name, class_="mid dim"))
    parts.append(tag("path", d=f"M{LEFT} {floor}H{end}", class_="axis"))
    for line in chart.lines:
        places = [(x(a), y(b)) for a, b in line.points]
        style = f"line c{line.colour}{' dashed' * line.dashed}"
        parts.append(tag("path", d=path(places), class_=style))
        if len(places) == 1:
            parts.append(_dot(*places[0], f"dot c{line.colour}"))
    if chart.ring:
        a, b, caption = chart.ring
        parts.append(tag("g", _dot(x(a), y(b), "ring", 4.5), tag("title", caption)))
    parts += _names(chart, y)
    parts += _pointers(chart, x)
    return frame(parts, chart.text, WIDTH, HEIGHT)


def _dot(x: float, y: float, style: str, radius: float = 3) -> Markup:
    return tag("circle", cx=n(x), cy=n(y), r=n(radius), class_=style)


def _names(chart: Chart, y: axes.Scale) -> list[Markup]:
    """The name of each line at its end, apart from the others."""
    if len(chart.lines) == 1 and not chart.lines[0].name:
        return []
    ends = [y(line.points[-1][1]) for line in chart.lines]
    places = axes.spread(ends, LABEL, TOP + 6, HEIGHT - BOTTOM)
    return [
        words(WIDTH - RIGHT + 7, place + 4, shorten(line.name, NAME), class_=f"name c{line.colour}")
        for line, place in zip(chart.lines, places, strict=True)
    ]


def _pointers(chart: Chart, x: axes.Scale) -> list[Markup]:
    """Strips that tell a pointer the values at their place: no script is needed for that."""
    caption: dict[float, list[str]] = {}
    for line in chart.lines:
        for a, b in line.points:
            caption.setdefault(a, []).append(f"{line.name} {chart.form(b)}".strip())
    if not 1 < len(caption) <= HOVER:
        return []
    half = (x(chart.xs[1]) - x(chart.xs[0])) / (len(caption) - 1) / 2
    name = chart.x_name.rstrip("s")
    return [
        tag(
            "rect",
            tag("title", f"{name} {a:g}: {', '.join(values)}"),
            x=n(x(a) - half),
            y=TOP,
            width=n(2 * half),
            height=HEIGHT - BOTTOM - TOP,
            class_="strip",
        )
        for a, values in caption.items()
    ]


def standalone(figures: Sequence[tuple[str, Markup]], style: str) -> str:
    """A document of its own from titles and their <svg>, one below the other."""
    width, place, parts = float(WIDTH), 0.0, []
    for title, drawn in figures:
        own, height = (
            float(side) for side in drawn.split('viewBox="0 0 ', 1)[1].split('"')[0].split()
        )
        parts.append(words(MARGIN, place + 26, title, class_="title"))
        size = f'<svg x="{MARGIN}" y="{n(place + 36)}" width="{n(own)}" height="{n(height)}" '
        parts.append(Markup(drawn.replace("<svg ", size, 1).replace(' class="chart"', "", 1)))
        width, place = max(width, own), place + height + 50
    width += 2 * MARGIN
    box = f'viewBox="0 0 {n(width)} {n(place)}" width="{n(2 * width)}" height="{n(2 * place)}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" {box}>'
    ground = tag("rect", width="100%", height="100%", class_="ground")
    heading = tag("title", figures[0][0])
    return f"{opening}{heading}{tag('style', Markup(style))}{ground}{join(parts)}</svg>\n"
