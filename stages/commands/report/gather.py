"""Gather: from the trail of a run in the store to the plain record that a page is made from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.cli.program import Program
from pipeline.literals import flag_text
from pipeline.names import flag
from pipeline.settings import Setting as Resolved
from pipeline.store.digests import digest_json
from stages.commands.report.predictions import Predictions, predict
from stages.commands.report.record import Record, Setting, Step
from stages.commands.report.remake import command_of, source_of
from stages.commands.report.trail import Trail
from stages.commands.report.weights import by_position, first_layer
from stages.commands.runs.record import DIGITS
from stages.commands.runs.words import DATA, Recipes
from stages.dataset.formats.layout import shape_of
from stages.decode import without_secrets

PARTS = {"training": "train_rows", "validation": "validation_rows", "test": "test_rows"}


def gather(
    program: Program, trail: Trail, settings: Mapping[str, Resolved] | None = None
) -> Record:
    """All that is known of a run. settings: the command's own, which say where values came from."""
    training, dataset = trail.load("training") or {}, trail.load("dataset") or {}
    manifest = trail.maker("parameters") or {}
    parameters = trail.parameters()
    recipes = Recipes(program.recipes, program.pipeline.parameters)
    recipe, changes = recipes.made_from(parameters)
    found = predict(trail)
    evaluation = trail.load("evaluation") or {}
    load = settings["load"].value if settings and "load" in trail.manifests else ""
    return Record(
        name=manifest.get("fingerprint", "")[:DIGITS],
        recipe=f"model {Path(load).name}" if load else words(recipe, changes),
        dataset=dataset.get("name", evaluation.get("dataset", "?")),
        classes=tuple(dataset.get("classes", evaluation.get("test", {}).get("per_class", ()))),
        counts={part: _length(trail, rows) for part, rows in PARTS.items()},
        parameters=parameters,
        settings=_settings(program, trail, settings, recipe, changes),
        origins_known=settings is not None,
        layers=tuple(training.get("layers", ())),
        members=parameters.get("members", 1),
        weights=math.prod(manifest.get("outputs", {}).get("parameters", {}).get("shape", [0])),
        history=_history(training.get("history")),
        best_epoch=training.get("best_epoch", 0),
        epoch_seconds=tuple(manifest.get("notes", {}).get("epoch_seconds", ())),
        figures={part: evaluation[part] for part in PARTS if part in evaluation},
        steps=tuple(_steps(program, trail)),
        command=command_of(program, trail, recipe, changes, load),
        versions=manifest.get("versions", {}),
        machine=str(manifest.get("machine", "")),
        code=digest_json(manifest["fields"]["code"]) if manifest else "",
        written=manifest.get("written", ""),
        predictions=found if isinstance(found, Predictions) else None,
        missing=found if isinstance(found, str) else "",
        first_layer=first_layer(trail),
        patches=by_position(trail),
        source=source_of(trail),
        unit="row" if dataset and shape_of(dataset) is None else "image",
    )


def words(recipe: str, changes: Mapping[str, Any]) -> str:
    """A recipe and what differs from it: fast lr=0.2 seed=1."""
    return " ".join([recipe, *(f"{key}={flag_text(value)}" for key, value in changes.items())])


def _length(trail: Trail, rows: str) -> int:
    manifest = trail.maker(rows)
    return manifest["outputs"][rows]["shape"][0] if manifest else 0


def _history(entries: Any) -> tuple[Mapping[str, float], ...]:
    """The entries of a history that hold numbers: a model file may hold what its writer liked."""
    found = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            numbers = {k: v for k, v in entry.items() if type(v) in (int, float)}
            if {"epoch", "loss", "accuracy"} <= {k for k, v in numbers.items() if math.isfinite(v)}:
                found.append(numbers)
    return tuple(found)


def _steps(program: Program, trail: Trail) -> list[Step]:
    steps = []
    for name, manifest in trail.manifests.items():
        status, reason = trail.became.get(name, ("", ""))
        stage = program.pipeline.stages.get(name)
        steps.append(
            Step(
                name=name,
                inputs=stage.inputs if stage else tuple(manifest["fields"].get("inputs", {})),
                outputs=manifest["outputs"],
                seconds=manifest["seconds"],
                written=manifest["written"],
                fingerprint=manifest["fingerprint"],
                status=status,
                reason=reason,
            )
        )
    return steps


def _settings(
    program: Program,
    trail: Trail,
    resolved: Mapping[str, Resolved] | None,
    recipe: str,
    changes: Mapping[str, Any],
) -> tuple[Setting, ...]:
    """Each parameter of the run's stages, in the order of the flow."""
    parameters = trail.parameters()
    found: dict[str, Setting] = {}
    for name, stage in program.pipeline.stages.items():
        for key, parameter in stage.parameters.items() if name in trail.manifests else ():
            if key in found or (key not in parameters and not resolved):
                continue
            value = source_of(trail) if key == "source" else parameters.get(key)
            if key in DATA and value is None:  # of a source that has no such thing
                continue
            if resolved and key in resolved:
                origin = resolved[key].origin
                value = value if key == "source" else resolved[key].value
                if key == "label":  # pages are passed on
                    value = without_secrets(label=str(value))["label"]
            elif value == parameter.default:
                origin = "default"
            else:
                origin = "given" if key in changes or key in DATA else f"recipe {recipe}"
            found[key] = Setting(
                flag(key), flag_text(value), origin, parameter.option.help, origin != "default"
            )
    return tuple(found.values())
