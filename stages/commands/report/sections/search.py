"""The sections of a search: its leaderboard, and the effect of each parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.literals import flag_text
from stages.commands.report.figures import strip
from stages.commands.report.html import Markup, tag
from stages.commands.report.sections.parts import figure, section, table
from stages.commands.report.words import NONE, number, percent, points, several

ROWS = 25  # of the leaderboard
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
        cells = [tag("td", tag("code", text_of(trial["parameters"][name]))) for name in names]
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
    trials = trials_of(document)
    names = list(trials[0]["parameters"]) if len(trials) > 1 else []
    drawn = []
    for name in names:
        points_of = [
            (t["parameters"][name], t["accuracy"], text_of(t["parameters"][name])) for t in trials
        ]
        if len({text for _, _, text in points_of}) > 1:
            drawn.append((spread_of(points_of), name, points_of))
    if not drawn:
        return None
    drawn.sort(key=lambda one: -one[0])
    charts = [
        figure(strip.draw(name, found), name, f"means of its values differ by {points(effect)}")
        for effect, name, found in drawn
    ]
    lead = (
        "Each dot is a trial; of many, the bands hold half and nine tenths of them. Lines are "
        "medians, of a value or of neighbouring values. Other parameters vary as well: this is "
        "what goes together, not what brings about what."
    )
    return section(
        "effects", "What each parameter does", lead, tag("div", *charts, class_="charts")
    )


def spread_of(found: Sequence[strip.Point], groups: int = 8) -> float:
    """The largest mean accuracy less the smallest, over values, or over eighths of many values."""
    by_text: dict[str, list[float]] = {}
    for _, score, text in found:
        by_text.setdefault(text, []).append(score)
    sets = list(by_text.values())
    numeric = all(type(value) in (int, float) for value, _, _ in found)
    if len(sets) > strip.COLUMNS and numeric:
        ordered = [score for _, score, _ in sorted(found, key=lambda one: one[0])]
        size = -(-len(ordered) // groups)
        sets = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    means = [sum(scores) / len(scores) for scores in sets]
    return max(means) - min(means)
