"""Help of every command on one screen; other programs' names lead to ours."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands import synonyms
from stages.commands.add import add_to
from stages.commands.synonyms import SYNONYMS

GROUP = add_to(make_cli(PROGRAM), PROGRAM)
COMMANDS = GROUP.list_commands(None)
LINES, COLUMNS = 40, 80


def shown(capsys, *arguments: str) -> str:
    assert run_cli(GROUP, arguments) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_it_fits_a_screen(command, capsys):
    help = shown(capsys, *filter(None, [command]), "-h")
    lines = help.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) < COLUMNS
    if command:
        assert "Example:\n" in help


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_is_a_command_line_that_is_understood(command):
    example = GROUP.made(command).example
    assert f"pipeline {command}" in example
    if command in ("completion", "tag", "compare"):  # of a shell, or about runs that are not there
        return
    words = shlex.split(example.partition(" > ")[0])
    assert words[:2] == ["pipeline", command]
    GROUP.make_context("pipeline", words[1:])
    GROUP.made(command).make_context(command, words[2:])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("run --learning-rate 0.1", "'--lr'"),
        ("run --batch-size 64", "'--batch'"),
        ("run --dropout-rate 0.1", "'--dropout'"),
        ("train --n-epochs 3", "'--epochs'"),
        ("train --hidden-layers 3", "'--hidden'"),
        ("train --n-jobs 3", "'--jobs'"),
        ("evaluate --checkpoint model.json", "'--load'"),
        ("search learning_rate=0.1", "lr?"),
        ("train --activation rleu", "'relu'"),
        ("train --optimizer AdamW", "'adamw'"),
        ("report --figure curve", "curves"),
        ("list", "'runs'"),
        ("ls", "'runs'"),
        ("clean", "'gc'"),
        ("init", "'config'"),
        ("fit", "'train'"),
        ("lr_find", "'lr-find'"),
    ],
)
def test_other_programs_names_and_near_values(typed, meant, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_cli(GROUP, shlex.split(typed)) == 2
    err = capsys.readouterr().err
    assert f"did you mean {meant}" in err
    assert err.count("\n") == 1


def test_each_synonym_leads_to_a_command_or_a_flag():
    flags = {
        option.name
        for command in COMMANDS
        for option in GROUP.made(command).params
        if not getattr(option, "hidden", False)
    }
    names = {name.replace("-", "_") for name in COMMANDS} | flags
    assert set(SYNONYMS.values()) <= names
    assert not set(SYNONYMS) & {name.replace("-", "_") for name in COMMANDS}


def test_no_synonym_stands_twice():
    """A dict keeps the last of two equal keys in silence."""
    source = Path(synonyms.__file__).read_text("utf-8")
    names = re.findall(r'"(\w+)"', re.sub(r'\), ?"\w+"\)|^ +"\w+",$', ")", source, flags=re.M))
    assert sorted(names) == sorted(set(names))
    assert set(names) == set(SYNONYMS)
