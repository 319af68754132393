"""The page on one's own dataset: its program makes the data, its commands train on them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to

PAGE = (Path(__file__).parents[3] / "stages/dataset/README.md").read_text("utf-8")


@pytest.mark.long
def test_every_command_of_the_page_works(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIPELINE_HIDDEN", "16")
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(program, {})
    group = add_to(make_cli(PROGRAM), PROGRAM)
    typed = re.findall(r"^\$ pipeline (.*)$", PAGE, re.MULTILINE)
    assert len(typed) == 6
    for line in typed:
        assert run_cli(group, shlex.split(line)) == 0, (line, capsys.readouterr().err)
        page = capsys.readouterr().out
        if line.startswith("run "):
            (figures,) = re.findall(r"^test +[\d,]+ +[\d.]+ +([\d.]+)%", page, re.MULTILINE)
            assert float(figures) > 80, page


@pytest.mark.parametrize("name", re.findall(r"`(--[a-z-]+)", PAGE))
def test_every_flag_of_the_page_is_one(name):
    assert name[2:].replace("-", "_") in {
        *PROGRAM.pipeline.parameters, "source", "load", "save", "to", "output", "top", "json", "csv"
    }  # fmt: skip
