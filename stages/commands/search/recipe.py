"""The winner of a search as a recipe: what makes the network, nothing of a dataset or machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.literals import toml_literal
from pipeline.parameters import Parameter
from pipeline.settings import Setting
from pipeline.store.durable import replacing
from pipeline.store.troubles import storage_errors

# What the images are, where they lie, and what a run is resumed with: not a recipe's to say.
NOT_OURS = {"source", "sha256", "data_dir", "synthetic_size", "val_fraction", "seed", "init"}


def save_as_recipe(
    document: Mapping[str, Any],
    parameters: Mapping[str, Parameter],
    settings: Mapping[str, Setting],
    best: Mapping[str, Any],
    place: Path,
) -> None:
    """Write a TOML file for `--recipe`: whole, or what was there stays.

    It has the parameters that the search chose, and all others that are not their defaults;
    [measured] says what was found with it.
    """
    chosen = {name: setting.value for name, setting in settings.items()} | dict(best)
    kept = {
        name: value
        for name, value in chosen.items()
        if name not in NOT_OURS and parameters[name].option.affects_result and value is not None
        if name in document["best"] or value != parameters[name].default
    }
    first, count = document["trials"][0], len(document["trials"])
    words = f"the best of {count:,} combinations by pipeline search on {document['dataset']}"
    lines = [f"description = {toml_literal(words)}"]
    lines += [f"{name} = {toml_literal(value)}" for name, value in kept.items()]
    seeds = ", ".join(first["seeds"])
    lines += ["", f"[measured] # seeds {seeds}; validation images, which it was chosen by"]
    lines += [f"validation = {toml_literal(round(first['accuracy'], 4))}"]
    with storage_errors(place, "--save-recipe"), replacing(place) as file:
        file.write(("\n".join(lines) + "\n").encode("utf-8"))
