"""The sections of a search: its leaderboard, and the effect of each parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.literals import flag_text
from stages.commands.report.figures import strip
from stages.commands.report.figures.chart import Effect
from stages.commands.report.html import Markup, tag
from stages.commands.report.sections.parts import figure, section, table
from stages.commands.report.words import NONE, number, percent, points, several

ROWS = 25  # of the leaderboard
LEAD = (
    "Each dot is a trial; of many, the bands hold half and nine tenths of them. Lines are "
    "medians, of a value or of neighbouring values. Other parameters vary as well: this is "
    "what goes together, not what brings about what."
)
Trial = Mapping[str, Any]


def trials_of(document: Mapping[str, Any]) -> list[Trial]:
    """The trials that did not fail, the best first."""
    return [trial for trial in document["trials"] if not trial["failure"]]


def text_of(value: Any) -> str:
    """A value as it is typed after its flag."""
    return flag_text(tuple(value) if isinstance(value, list) else value)


def leaderboard(document: Mapping[str, Any]) -> Markup:
    """The best combinations, as `pipeline search` ranks them."""
    trials = document["trials"]
    names = list(trials[0]["parameters"]) if trials else []
    halving = bool(document["halving"])
    rows = []
    for place, trial in enumerate(trials[:ROWS], 1):
        cells: list[Any] = [
            tag("td", tag("code", text_of(trial["parameters"][name]))) for name in names
        ]
        cells += [f"{trial['epochs']:,}"] if halving else []
        rows.append([f"{place}", *cells, *_figures(trial)])
    heads = ["rank", *names, *(["epochs"] if halving else []), "validation", "loss", "seconds"]
    right = range(len(names) + 1, len(heads))
    more = len(trials) - ROWS
    note = tag("p", f"… and {several(more, 'more', 'more')}.", class_="note") if more > 0 else None
    lead = "By validation accuracy" + (", those that went furthest first." if halving else ".")
    return section(
        "leaderboard", "Leaderboard", lead, table(heads, rows, "The best trials", right), note
    )


def _figures(trial: Trial) -> list[str]:
    if trial["failure"]:
        return ["failed", NONE, NONE]
    accuracy = percent(trial["accuracy"], 2)
    if trial["deviation"] is not None:
        accuracy += f" ± {100 * trial['deviation']:.2f}"
    took = sum(seed["epoch_seconds"] for seed in trial["seeds"].values())
    return [accuracy, number(trial["loss"]), f"{took:,.0f}"]


def effects(document: Mapping[str, Any]) -> Markup | None:
    """How accuracy goes with each parameter, that with the largest effect first."""
    found = effects_of(document)
    charts = [figure(strip.draw(one), one.name, one.title) for one in found]
    grid = tag("div", *charts, class_="charts")
    return section("effects", "What each parameter does", LEAD, grid) if found else None


def effects_of(document: Mapping[str, Any]) -> list[Effect]:
    """The parameters of which there are several values, that with the largest effect first."""
    trials = trials_of(document)
    found = []
    for name in trials[0]["parameters"] if len(trials) > 1 else ():
        values = [(trial["parameters"][name], trial["accuracy"]) for trial in trials]
        effect = Effect("", name, tuple((v, score, text_of(v)) for v, score in values))
        if len(effect.by_text) > 1:
            size = spread_of(effect)
            title = f"means of its values differ by {points(size)}"
            found.append((size, replace(effect, title=title)))
    return [effect for _, effect in sorted(found, key=lambda one: -one[0])]


def spread_of(effect: Effect, groups: int = 8) -> float:
    """The largest mean accuracy less the smallest, over values, or over eighths of many values."""
    sets = list(effect.by_text.values())
    if len(sets) > strip.COLUMNS and effect.numeric:
        ordered = [score for scores in sets for score in scores]
        size = -(-len(ordered) // groups)
        sets = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    means = [sum(scores) / len(scores) for scores in sets]
    return max(means) - min(means)
