"""The picture of a pipeline: its stages and what flows between them, from the code itself.

text      one stage a line, with what it takes and what it makes
mermaid   https://mermaid.js.org/syntax/flowchart.html
dot       https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

from pipeline.cli.output import terminal_width
from pipeline.events.fitting import LEAST
from pipeline.graph import Pipeline
from pipeline.stage import Stage


def text(pipeline: Pipeline) -> str:
    """The flow as aligned lines: stage, inputs → outputs; folded where the terminal is narrow."""
    width = max(len(stage.name) for stage in pipeline.upstream())
    lines = []
    for stage in pipeline.upstream():
        flow = f"{_taken(stage)} → {', '.join(stage.outputs)}"
        lines.append(_hanging(f"{stage.name:{width}}  ", flow, terminal_width()))
    return "\n".join(lines)


def _taken(stage: Stage) -> str:
    """What a stage takes; what it is mapped over is marked, lists of the program with a count."""
    taken = [f"each of {name}" if name in stage.over else name for name in stage.inputs]
    lists = [f"each of {len(items):,} {name}" for name, items in stage.lists.items()]
    return ", ".join([*lists, *taken]) or "·"


def _hanging(name: str, flow: str, width: int | None) -> str:
    if width is None or len(name) + len(flow) <= width:
        return name + flow
    import textwrap  # here and not above: few terminals are too narrow

    space = max(width - len(name), LEAST)
    words = textwrap.wrap(flow, space, break_long_words=False)
    return name + ("\n" + " " * len(name)).join(words)


def mermaid(pipeline: Pipeline) -> str:
    """The flow as a Mermaid flowchart: an arrow for each stage that needs another."""
    arrows = (
        f"    {maker} -- {', '.join(artifacts)} --> {taker}"
        for maker, taker, artifacts in _arrows(pipeline)
    )
    return "\n".join(
        ["flowchart LR", *(f"    {stage.name}" for stage in pipeline.upstream()), *arrows]
    )


def dot(pipeline: Pipeline) -> str:
    """The flow as a Graphviz digraph."""
    arrows = (
        f'    "{maker}" -> "{taker}" [label="{", ".join(artifacts)}"];'
        for maker, taker, artifacts in _arrows(pipeline)
    )
    nodes = (f'    "{stage.name}";' for stage in pipeline.upstream())
    return "\n".join(["digraph pipeline {", "    rankdir=LR;", *nodes, *arrows, "}"])


def _arrows(pipeline: Pipeline) -> list[tuple[str, str, list[str]]]:
    """(maker, taker, the artifacts that the one hands to the other)."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for stage in pipeline.upstream():
        for artifact in stage.inputs:
            arrows.setdefault((pipeline.producers[artifact].name, stage.name), []).append(artifact)
    return [(maker, taker, artifacts) for (maker, taker), artifacts in arrows.items()]


FORMATS = {"text": text, "mermaid": mermaid, "dot": dot}
