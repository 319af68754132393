"""The flow of the data as arcs: stages one below the other, and an arc from each to who uses it."""

from __future__ import annotations

from collections.abc import Sequence

from stages.commands.report.figures.svg import frame, n, words
from stages.commands.report.html import Markup, shorten, tag
from stages.commands.report.record import Step
from stages.commands.report.words import listed, seconds

WIDTH, ROW, NODE = 340, 34, 118


def draw(steps: Sequence[Step]) -> Markup:
    """A dot for each stage, full where it ran this time; arcs name what they hand on."""
    place = {step.name: ROW * (number + 0.5) for number, step in enumerate(steps)}
    makers = {name: step.name for step in steps for name in step.outputs}
    edges: dict[tuple[str, str], list[str]] = {}
    for step in steps:
        for artifact in step.inputs:
            if artifact in makers:
                edges.setdefault((makers[artifact], step.name), []).append(artifact)
    parts = [
        tag("g", tag("title", f"{maker} → {taker}: {', '.join(artifacts)}"),
            tag("path", d=_arc(place[maker], place[taker]), class_="arc"))
        for (maker, taker), artifacts in edges.items()
    ]  # fmt: skip
    for step in steps:
        y = place[step.name]
        style = "dot" if step.status in ("", "ran") else "hollow"
        parts.append(tag("circle", cx=NODE, cy=n(y), r=5, class_=style))
        name = tag("tspan", shorten(step.name, 16), class_="strong")
        label = step.status if step.status == "cached" else seconds(step.seconds)
        parts.append(words(NODE + 14, y + 4, (name, f"  {label}")))
    text = "The flow of the data: " + "; ".join(
        f"{taker} takes {listed(artifacts)} from {maker}"
        for (maker, taker), artifacts in edges.items()
    )
    return frame(parts, text, WIDTH, ROW * len(steps))


def _arc(start: float, end: float) -> str:
    high = (end - start) / 2
    wide = min(high, 24 + 0.32 * high)
    return f"M{NODE} {n(start)}A{n(wide)} {n(high)} 0 0 0 {NODE} {n(end)}"
