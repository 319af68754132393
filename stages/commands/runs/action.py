"""What `runs` and `compare` do: each gives a JSON document, and the text of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.cli.display import align
from pipeline.cli.program import Program
from pipeline.errors import ConfigError
from pipeline.events.progress import duration
from pipeline.literals import flag_text
from pipeline.store.digests import digest_json
from stages.commands.runs.record import DIGITS, Look, Run, find_runs
from stages.commands.runs.words import DATA, Recipes

NONE = "–"
SORTED = {
    "written": lambda run: run.manifest["written"],
    "validation": lambda run: -1.0 if run.validation is None else run.validation,
    "test": lambda run: -1.0 if run.test is None else run.test,
}


def runs(program: Program, look: Look, sort: str, last: int | None) -> tuple[dict[str, Any], str]:
    """The table of runs; of equals the newest first."""
    found = sorted(find_runs(look.store, look.pipeline), key=SORTED[sort], reverse=True)
    recipes = Recipes(program.recipes, program.pipeline.parameters)
    listed = found[:last]
    document = {"runs": [{**one.document(), **_made_of(recipes, one)} for one in listed]}
    if not found:
        return document, f"no training is stored in {look.store.root} yet"
    head = [
        "run",
        "written",
        "dataset",
        "validation",
        "test",
        "flip TTA",
        "epochs",
        "time",
        "made of",
    ]
    rows = [
        [
            one.name,
            one.written,
            one.dataset,
            *map(_percent, (one.validation, one.test, one.tta)),
            str(one.epochs),
            duration(one.seconds, 1),
            recipes.words(one.parameters),
        ]
        for one in listed
    ]
    lines = [align([head, *rows], right=range(3, 8))]
    if len(listed) < len(found):
        lines.append(f"… and {len(found) - len(listed)} more")
    return document, "\n".join(lines)


def compare(program: Program, look: Look, names: Sequence[str]) -> tuple[dict[str, Any], str]:
    """The figures of some runs and the parameters in which they differ, a column for each."""
    stored = find_runs(look.store, look.pipeline)
    chosen = [_named(name, stored, look) for name in names]
    found = list({one.name: one for one in chosen}.values())
    known = [name for name in program.pipeline.parameters if name not in DATA]
    differing = [
        name for name in known if len({one.parameters.get(name, NONE) for one in found}) > 1
    ]
    figures = {
        "written": [one.written for one in found],
        "dataset": [one.dataset for one in found],
        "images": [f"{one.images:,}" for one in found],
        "epochs, best of": [f"{one.best['epoch']} of {one.epochs}" for one in found],
        "training loss": [f"{one.best['loss']:.4f}" for one in found],
        "training": [_percent(one.best["accuracy"]) for one in found],
        "validation": [_percent(one.validation) for one in found],
        "test": [_percent(one.test) for one in found],
        "flip TTA": [_percent(one.tta) for one in found],
        "time": [duration(one.seconds, 1) for one in found],
        "machine": [str(one.manifest.get("machine")) for one in found],
        "code": [digest_json(one.manifest["fields"]["code"])[:DIGITS] for one in found],
        "result": [one.manifest["outputs"]["parameters"]["digest"][:DIGITS] for one in found],
    }
    values = {
        name: [flag_text(one.parameters[name]) if name in one.parameters else NONE for one in found]
        for name in differing
    }
    rows = [["", *(one.name for one in found)], *([key, *row] for key, row in figures.items())]
    rows += [[""] * len(rows[0]), *([key, *row] for key, row in values.items())]
    more = "" if values else "no parameter differs"
    return {"runs": [one.document() for one in found], "differing": differing}, align(rows) + more


def _named(name: str, stored: Sequence[Run], look: Look) -> Run:
    found = [one for one in stored if one.manifest["fingerprint"].startswith(name.lower())]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(one.manifest["fingerprint"][:16] for one in found) or "none"
    raise ConfigError(
        f"compare: expected the beginning of one run's name, found {name!r}, with which {shown} "
        f"begin in {look.store.root}; 'pipeline runs' lists them"
    )


def _made_of(recipes: Recipes, one: Run) -> dict[str, Any]:
    recipe, others = recipes.nearest(one.parameters)
    return {"recipe": recipe, "differing": list(others)}


def _percent(part: float | None) -> str:
    return NONE if part is None else f"{part:.2%}"
