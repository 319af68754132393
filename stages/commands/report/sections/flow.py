"""The flow of the data: what each stage took and made, what was cached, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.cli.display import size
from stages.commands.report.figures import arcs
from stages.commands.report.html import Markup, join, tag
from stages.commands.report.record import Record, Step
from stages.commands.report.sections.parts import figure, section, table
from stages.commands.report.words import seconds

DONE = (
    "Each stage makes artifacts from those of the stages before it. A result is cached under what "
    "identifies it: its code, its parameters, the content of its inputs."
)
DIGITS = 12  # of a fingerprint


def flow(record: Record) -> Markup | None:
    """A row for each stage, in the order of the flow."""
    if not record.steps:
        return None
    done = any(step.status for step in record.steps)
    heads = ["stage", *(["this time", "why"] if done else ["made"]), "makes", "result"]
    rows = []
    for step in record.steps:
        became = [_status(step), tag("p", step.reason, class_="why")] if done else [_when(step)]
        digest = tag("code", step.fingerprint[:DIGITS])
        rows.append([step.name, *became, _makes(step.outputs), digest])
    title = f"{len(record.steps)} stages"
    if done:
        ran = [step.name for step in record.steps if step.status == "ran"]
        title += f", {len(ran)} of them ran this time" if ran else ", all of them cached"
    drawn = figure(arcs.draw(record.steps), title, style="arcs")
    grid = table(heads, rows, "Stages and their artifacts", style="flow")
    beside = tag("div", drawn, grid, class_="flows")
    return section("flow", "From the source to the figures", DONE, beside)


def _status(step: Step) -> Markup:
    words = "ran" if step.status == "ran" else "cached"
    return tag("span", words, class_=f"status {words}")


def _when(step: Step) -> Markup:
    when = f"{step.written[:16].replace('T', ' ')} UTC"
    return tag("div", when, tag("small", f" in {seconds(step.seconds)}"))


def _makes(outputs: Mapping[str, Mapping[str, Any]]) -> Markup:
    """Each artifact, its form and its size."""
    return join(
        [tag("div", tag("code", name), " ", tag("small", _form(o))) for name, o in outputs.items()]
    )


def _form(output: Mapping[str, Any]) -> str:
    words = size(output.get("size", 0))
    if output.get("kind") == "array":
        shape = "×".join(f"{side}" for side in output["shape"]) or "scalar"
        words = f"{output['dtype'].lstrip('<|')} {shape}, {words}"
    return words
