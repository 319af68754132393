"""What runs are made of, in few words."""

from __future__ import annotations

import pytest

from pipeline.cli.session import load_recipe
from pipeline.settings import resolve
from stages.cifar10 import PIPELINE
from stages.commands.add import RECIPES
from stages.commands.runs.words import Recipes

RECORDED = Recipes(RECIPES, PIPELINE.parameters)


def parameters(recipe: str | None = None, **changes) -> dict:
    given = load_recipe(RECIPES, recipe)
    settings = resolve(PIPELINE.parameters, recipe=given)
    return {name: setting.value for name, setting in settings.items()} | changes


@pytest.mark.parametrize(
    ("recipe", "changes", "expected"),
    [
        (None, {}, "default"),
        (None, {"lr": 0.5, "seed": 3}, "default seed=3 lr=0.5"),
        (None, {"source": "elsewhere", "workers": 7}, "default"),
        ("fast", {}, "fast"),
        ("fast", {"val_fraction": 0.2, "hidden": ()}, "fast val_fraction=0.2 hidden=none"),
        ("fast", {"epochs": 5, "warmup": 1.0}, "fast epochs=5"),  # which it follows by itself
        ("fast", {"epochs": 7, "warmup": 2.0}, "fast epochs=7 warmup=2.0"),
        ("gray", {"batchnorm": False}, "gray batchnorm=off"),
    ],
)
def test_the_nearest_recipe_and_what_differs(recipe, changes, expected):
    assert sorted(RECORDED.words(parameters(recipe, **changes)).split()) == sorted(expected.split())
    assert RECORDED.words(parameters(recipe, **changes)).startswith(expected.split()[0])


def test_what_is_not_known_does_not_differ():
    few = {name: parameters("best")[name] for name in ("shift", "epochs", "warmup", "hidden")}
    assert RECORDED.words(few) == "best"
