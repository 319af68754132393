"""The command line of the shop, in an empty folder."""

from __future__ import annotations

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from tests.pipeline import shop


@pytest.fixture
def program(tmp_path, monkeypatch):
    """The shop's command line in an empty folder: call it with arguments, get status and output."""
    monkeypatch.chdir(tmp_path)
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    (recipes / "long.toml").write_text(
        'description = "a month"\ndays = 30\n[measured]\nsales = 7\n'
    )
    return Program(shop.SHOP, name="shop", help="A shop.", version="1.2.3", recipes=recipes)


@pytest.fixture
def call(program, capsys):
    group = make_cli(program)

    def go(*arguments: str) -> tuple[int, str, str]:
        shop.RAN.clear()
        status = run_cli(group, arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return go
