"""What a person reads of a search: a line for each training, and the table at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.cli.display import MARKS
from pipeline.cli.output import terminal_width
from pipeline.cli.table import align
from pipeline.events.fitting import command_lines
from pipeline.events.progress import duration
from pipeline.literals import flag_text
from stages.commands.search.effects import spread
from stages.commands.search.trial import Result
from stages.commands.summary import SYNTHETIC

ROWS = 20  # of the table, at most
NONE = "–"


def words(values: Mapping[str, Any]) -> str:
    """The values of a trial as they are typed: lr=0.1 hidden=512,256."""
    return " ".join(f"{name}={flag_text(value)}" for name, value in values.items())


def line(place: str, words: str, result: Result, best: bool = False) -> str:
    """A trial that is done; a star marks the best one so far."""
    if result.failure:
        return f"{place} {words}  failed: {result.failure}"
    took = "cached" if result.cached else duration(result.seconds)
    return (
        f"{place} {words}  validation {result.accuracy:.2%}  loss {result.loss:.4f}  "
        f"epoch {result.epoch}  {'* ' * best}{took}"
    )


def plan(
    trainings: Sequence[Mapping[str, Any]], rounds: Sequence[tuple[int, Mapping[str, Any]]]
) -> tuple[dict[str, Any], str]:
    """What would be trained: the JSON document and the text."""
    rows = [(MARKS[t["status"]], t["status"], t["parameters"]) for t in trainings]
    missing = sum(training["status"] == "runs" for training in trainings)
    summary = f"{missing} of {len(trainings)} trainings would run"
    if len(rounds) > 1:
        epochs = ", then ".join(f"{count} for {given['epochs']}" for count, given in rounds)
        summary += f" in the first round; epochs of combinations: {epochs}"
    return {"trainings": list(trainings)}, f"{align(rows)}\n{summary}"


def page(document: Mapping[str, Any]) -> str:
    """The whole result: what was compared, the best ones, what to do with it."""
    lines = [SYNTHETIC, ""] if document["dataset"] == "synthetic" else []
    lines += [_title(document), "", _table(document)]
    trials = document["trials"]
    if len(trials) > ROWS:
        lines.append(f"… and {len(trials) - ROWS} more, which --json lists")
    if failed := [trial for trial in trials if trial["failure"]]:
        lines += ["", f"the first that failed: {failed[0]['failure']}"]
    lines += _effects(document["effects"])
    lines.append("")
    if document["best"] is None:
        return "\n".join([*lines, "none to choose: every one failed"])
    for name, edge in document["edges"].items():
        value = flag_text(document["best"][name])
        lines.append(f"{name} {value} is the {edge} of those tried: there may be better beyond")
    best = command_lines(f"  {document['command']}", terminal_width())
    lines += ["the best of them:", best]
    if document["saved"] is not None:
        lines.append(f"saved: {document['saved']}, for --config")
    if document["recipe"] is not None:
        lines.append(f"recipe: {document['recipe']}, for --recipe")
    return "\n".join(lines)


def _title(document: Mapping[str, Any]) -> str:
    count, seeds = len(document["trials"]), document["seeds"]
    parts = [document["dataset"], f"{count:,} combination{'s' * (count != 1)}"]
    if len(seeds) > 1:
        parts.append(f"seeds {', '.join(map(str, seeds))}: mean ± deviation")
    if document["halving"]:
        rounds = ", ".join(f"{r['trials']} × {r['epochs']}" for r in document["rounds"])
        parts.append(f"trials × epochs by round: {rounds}")
    return f"search: {' · '.join(parts)}"


def _effects(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """A line for each parameter: its values, each with the mean accuracy of its trials."""
    rows = []
    for name, values in found.items():
        means = [f"{_cell(one['value'])}: {100 * one['accuracy']:.2f}" for one in values]
        rows.append([name, f"{100 * spread(values):.2f}", ", ".join(means)])
    if not rows:
        return []
    heads = ["parameter", "spread", "mean validation, %, by value"]
    return ["", align([heads, *rows], right=range(1, 2), shorten=range(2, 3))]


def _table(document: Mapping[str, Any]) -> str:
    names = list(document["trials"][0]["parameters"])
    rounds = ["epochs"] if document["halving"] else []
    rows = [[*names, *rounds, "validation, %", "loss", "best epoch", "seconds"]]
    for trial in document["trials"][:ROWS]:
        cells = [_cell(trial["parameters"][name]) for name in names]
        cells += [str(trial["epochs"])] if rounds else []
        rows.append([*cells, *_figures(trial)])
    right = range(len(names), len(rows[0]))
    return align(rows, right=right, drop=right[:-5:-1][:3], shorten=range(len(names)))


def _figures(trial: Mapping[str, Any]) -> list[str]:
    if trial["failure"]:
        return ["failed", NONE, NONE, NONE]
    accuracy = f"{100 * trial['accuracy']:.2f}"
    if trial["deviation"] is not None:
        accuracy += f" ± {100 * trial['deviation']:.2f}"
    seeds = trial["seeds"].values()
    epochs = [seed["best_epoch"] for seed in seeds]
    shown = f"{min(epochs)}" if len(set(epochs)) == 1 else f"{min(epochs)}–{max(epochs)}"
    seconds = sum(seed["epoch_seconds"] for seed in seeds)
    return [accuracy, f"{trial['loss']:.4f}", shown, f"{seconds:,.0f}"]


def _cell(value: Any) -> str:
    return flag_text(tuple(value) if isinstance(value, list) else value)
