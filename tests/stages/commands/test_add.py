"""Commands of this program alone: the table of recipes."""

from __future__ import annotations

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands import recipes as commands
from stages.commands.add import add_to

MEASURED = """description = "sixty percent in a minute"
lr = 0.1
[measured]
test = 0.6012
tta = 0.6151
seconds = 58.4
machine = "2 cores"
"""


@pytest.fixture
def recipes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commands, "RECIPES", tmp_path)
    return tmp_path


def test_recipes_are_listed_with_what_was_measured(recipes, capsys):
    (recipes / "fast.toml").write_text(MEASURED)
    (recipes / "plain.toml").write_text('description = "nothing special"\n[measured]\ntest = 0.5\n')
    (recipes / "new.toml").write_text("lr = 1.0\n")
    assert run_cli(add_to(make_cli(PROGRAM), PROGRAM), ["recipes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "recipe   test  flip TTA  seconds  machine  description",
        "fast    60.1%     61.5%       58  2 cores  sixty percent in a minute",
        "new         –         –        –  –",
        "plain   50.0%         –        –  –        nothing special",
    ]
