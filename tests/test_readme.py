"""The README: every command and every program in it works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PIPELINE, PROGRAM
from stages.commands.add import add_to

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
CONSOLE = "\n".join(re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL))
COMMANDS = re.findall(r"^\$ (.*)$", CONSOLE, re.MULTILINE)
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
TARGETS = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_every_pipeline_command_works(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, value in {"SOURCE": "synthetic", "SYNTHETIC_SIZE": "300", "HIDDEN": "16"}.items():
        monkeypatch.setenv(f"PIPELINE_{name}", value)
    group = add_to(make_cli(PROGRAM), PROGRAM)
    commands = [shlex.split(line)[1:] for line in COMMANDS if line.startswith("pipeline ")]
    assert len(commands) > 10
    for arguments in commands:
        assert run_cli(group, arguments) == 0, (arguments, capsys.readouterr().err)
        assert capsys.readouterr().out


def test_every_make_target_is_there():
    named = [line.split()[1] for line in COMMANDS if line.startswith("make ")]
    assert {"all", "test"} <= set(named) <= set(TARGETS)
    assert set(re.findall(r"`make ([a-z-]+)`", TEXT)) <= set(TARGETS)


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_every_program_runs(program, capsys):
    exec(compile(program, "README.md", "exec"), {"__name__": "readme"})


def test_every_command_is_told():
    group = add_to(make_cli(PROGRAM), PROGRAM)
    table = TEXT[TEXT.index("## Commands") : TEXT.index("## How the data flows")]
    for name in group.commands:
        assert f"`{name}" in table, name


def test_every_stage_is_in_the_table_of_commands():
    assert "`" + "` `".join(stage.name for stage in PIPELINE.upstream()) + "`" in TEXT
