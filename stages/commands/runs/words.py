"""What a run is made of, in few words: the nearest recipe, and what differs from it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.cli.session import load_recipe, recipe_names
from pipeline.literals import flag_text
from pipeline.parameters import Parameter
from pipeline.settings import resolve

DATA = ("source", "sha256", "synthetic_size")  # known by the name of the dataset
DEFAULT = "default"
DIGITS = 8  # of a checksum


class Recipes:
    """All recipes, each as the values of all parameters that can change a result."""

    def __init__(self, folder: Path | None, parameters: Mapping[str, Parameter]) -> None:
        self._counted = counted = {
            name: parameter
            for name, parameter in parameters.items()
            if parameter.option.affects_result and name not in DATA
        }
        bases = {one.option.scales_with for one in counted.values()}
        self._scaling = {k: p for k, p in counted.items() if p.option.scales_with or k in bases}
        self._tables: dict[str, dict[str, Any]] = {}
        self._values: dict[str, dict[str, Any]] = {}
        names = sorted(recipe_names(folder), key=lambda name: name != DEFAULT)
        for name in names:
            _, values = load_recipe(folder, name) or (name, {})
            table = {k: v for k, v in values.items() if k in counted}
            self._tables[name] = table
            settings = resolve(counted, recipe=(name, table))
            self._values[name] = {key: setting.value for key, setting in settings.items()}

    def nearest(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The recipe with the fewest other values, the default among equals; and these values."""
        found = {
            name: {k: v for k, v in parameters.items() if k in values and values[k] != v}
            for name, values in self._values.items()
        }
        name = min(found, key=lambda name: len(found[name]))
        return name, found[name]

    def made_from(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The nearest recipe, and the flags that turn it into these parameters.

        What a recipe measures in epochs follows their number by itself, and needs a flag only where
        it did not.
        """
        recipe, others = self.nearest(parameters)
        known = self._scaling  # all others are what the recipe or a flag says
        flags = {
            k: v for k, v in others.items() if k not in known or not known[k].option.scales_with
        }
        table = {k: v for k, v in self._tables[recipe].items() if k in known}
        given = {k: v for k, v in flags.items() if k in known}
        for name, setting in resolve(known, recipe=(recipe, table), flags=given).items():
            if name in parameters and setting.value != parameters[name]:
                flags[name] = parameters[name]
        return recipe, flags

    def words(self, parameters: Mapping[str, Any]) -> str:
        """The recipe and what differs: fast lr=0.2 seed=1."""
        name, others = self.made_from(parameters)
        texts = {key: flag_text(value) for key, value in others.items()}
        if "init" in texts:
            texts["init"] = texts["init"][:DIGITS]  # a file counts by its content
        return " ".join([name, *(f"{key}={text}" for key, text in texts.items())])
