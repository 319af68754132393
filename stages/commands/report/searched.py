"""The page of a search, from the JSON document that `pipeline search --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stages.commands.report.html import Markup, join, tag
from stages.commands.report.page import page
from stages.commands.report.sections.headline import synthetic
from stages.commands.report.sections.parts import command, section
from stages.commands.report.sections.search import effects, leaderboard, text_of, trials_of
from stages.commands.report.words import percent, several


def search_page(document: Mapping[str, Any]) -> str:
    """Leaderboard, the effect of each parameter, and the command that trains the best one."""
    drawn = {
        "Leaderboard": leaderboard(document),
        "Effects": effects(document),
        "Train the best": _command(document),
    }
    title = f"Search on {document['dataset']}"
    return page(title, _head(document), drawn)


def _head(document: Mapping[str, Any]) -> Markup:
    count = len(document["trials"])
    kept = trials_of(document)
    words: list[Any] = [f"{several(count, 'combination')} of hyperparameters"]
    if len(document["seeds"]) > 1:
        words.append(f", each trained with {len(document['seeds'])} seeds")
    if document["halving"]:
        rounds = "; ".join(f"{r['trials']:,} for {r['epochs']}" for r in document["rounds"])
        words.append(f", in rounds (combinations for epochs): {rounds}")
    failed = count - len(kept)
    words.append(f". {failed:,} failed." if failed else ".")
    best = "Every one of them failed."
    if kept:
        values = [tag("code", f"{k}={text_of(v)}") for k, v in kept[0]["parameters"].items()]
        label = tag("b", percent(kept[0]["accuracy"])), " of the validation images right, with "
        best = join([*label, join(values, " ")])
    return tag(
        "header",
        tag("p", "Search", class_="over"),
        tag("h1", "The best of ", several(count, "trial"),
            tag("span", f" on {document['dataset']}", class_="on")),
        synthetic(document["dataset"]),
        tag("p", best, class_="verdict with"),
        tag("p", *words, class_="deck"),
    )  # fmt: skip


def _command(document: Mapping[str, Any]) -> Markup | None:
    if not document.get("command"):
        return None
    edges = [
        tag("li", f"{name} {text_of(document['best'][name])} is the {edge} of those tried: "
            "there may be better beyond")
        for name, edge in document.get("edges", {}).items()
    ]  # fmt: skip
    code = command(document["command"], "The command")
    return section("best", "Train the best", None, code, tag("ul", *edges) if edges else None)
