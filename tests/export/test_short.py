"""A sample of `make export-test`, on small trainings."""

from __future__ import annotations

import pytest

from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands.add import RECIPES, add_to
from tests.export.comparison import Comparison
from tests.export.rows import EVERYDAY, ROWS
from tests.stages.modelfile.formats.agreement import ALIKE


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    source = ("--source", "synthetic", "--synthetic-size", "600")
    group = add_to(make_cli(PROGRAM), PROGRAM)
    return Comparison(group, tmp_path_factory.mktemp("export"), source)


@pytest.mark.parametrize("name", [EVERYDAY[0], pytest.param(EVERYDAY[1], marks=pytest.mark.long)])
def test_trained_models_and_their_exports_agree(comparison, name):
    count, found = comparison.compare(ROWS[name])
    assert count == 120
    assert found.keys() == {"onnx", "python"}
    for one in found.values():
        assert one.difference <= ALIKE
        assert one.predictions == 0


def test_every_recipe_is_among_the_rows():
    recipes = {path.stem for path in RECIPES.glob("*.toml")}
    assert {f"recipe {name}" for name in recipes} <= ROWS.keys()
