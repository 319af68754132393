"""The command `recipes`: all named sets of parameters as a table, or what one of them sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.cli.completion import items
from pipeline.cli.help import HelpfulCommand
from pipeline.cli.output import echo_page
from pipeline.cli.session import recipe_names

RECIPES = Path(__file__).parents[1] / "recipes"
WORDS = "The named recipes; of one, what it sets."


def make_command() -> click.Command:
    """The command."""
    name = click.Argument(
        ["name"],
        required=False,
        metavar="[NAME]",
        shell_complete=lambda context, parameter, typed: items(recipe_names(RECIPES), typed),
    )
    return HelpfulCommand(
        "recipes", callback=_recipes, params=[name], help=WORDS, example="pipeline recipes fast"
    )


def _recipes(name: str | None) -> None:
    echo_page(_table() if name is None else _one(name))


def _table() -> str:
    """Each recipe, and what its own table [measured] says that it brings."""
    from pipeline.cli.config import read_toml
    from pipeline.cli.table import align

    rows = [["recipe", "test", "flip TTA", "seconds", "machine", "description"]]
    for name in recipe_names(RECIPES):
        recipe = read_toml(RECIPES / f"{name}.toml")
        test, tta, seconds, machine = _measured(recipe)
        rows.append([name, test, tta, seconds, machine, recipe.get("description", "")])
    return align(rows, right=(1, 2, 3), drop=(4, 3, 2), shorten=(4, 5))


def _one(name: str) -> str:
    """What a recipe sets, as a file would say it, after what it is and brings."""
    from pipeline.cli.config import read_toml
    from pipeline.cli.session import load_recipe
    from pipeline.literals import toml_literal

    _, values = load_recipe(RECIPES, name) or (name, {})
    own = RECIPES / f"{name}.toml"
    recipe = read_toml(own if own.is_file() else Path(name))
    test, tta, seconds, machine = _measured(recipe)
    lines = [f"# {recipe['description']}"] if "description" in recipe else []
    if test != "–":
        lines.append(f"# {test} of test images, {tta} with flip TTA, in {seconds} s on {machine}")
    plain = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
    width = max(map(len, plain), default=0)
    lines += [f"{key:<{width}} = {toml_literal(value)}" for key, value in plain.items()]
    lines += ["", f"use it: pipeline run --recipe {name}; each flag beats what it sets"]
    return "\n".join(lines)


def _measured(recipe: dict[str, Any]) -> tuple[str, str, str, str]:
    """Accuracies, seconds and machine, as they are shown."""
    found = recipe.get("measured", {})
    test, tta = (f"{found[key]:.1%}" if key in found else "–" for key in ("test", "tta"))
    seconds = f"{found['seconds']:,.0f}" if "seconds" in found else "–"
    return test, tta, seconds, str(found.get("machine", "–"))
