"""What a shell offers: scripts that it can read, and the words that go on from what is typed."""

from __future__ import annotations

import shutil
import subprocess
from typing import Annotated

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from pipeline.graph import Pipeline
from pipeline.stage import Option, stage

Size = Annotated[str, Option("size of the box", choices=("small", "large"))]


@stage(outputs=("box",))
def pack(*, size: Size = "small", label: Annotated[str, Option("a file")] = "") -> str:
    """Pack a box."""
    return size


@pytest.fixture
def group(tmp_path):
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    for name in ("long", "light"):
        (recipes / f"{name}.toml").write_text("")
    return make_cli(Program(Pipeline(pack), "boxes", "Boxes.", "1", recipes=recipes))


@pytest.fixture
def offered(group, monkeypatch, capsys):
    """What the shell is offered for a line whose last word is being typed."""

    def ask(line: str) -> list[str]:
        words = line.split(" ")
        for name, value in {
            "_BOXES_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }.items():
            monkeypatch.setenv(name, value)
        assert run_cli(group, []) == 0
        return capsys.readouterr().out.split()

    return ask


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("boxes pl", ["plain,plan"]),
        ("boxes run --si", ["plain,--size"]),
        ("boxes run --size ", ["plain,small", "plain,large"]),
        ("boxes run --size la", ["plain,large"]),
        ("boxes run --label ", ["file,"]),
        ("boxes run --recipe l", ["plain,light", "plain,long"]),
        ("boxes run --recipe mine", ["file,mine"]),
        ("boxes run --artifacts-dir ", ["dir,"]),
        ("boxes run --config x", ["file,x"]),
        ("boxes run --executor pr", ["plain,process"]),
        ("boxes explain ", ["plain,pack"]),
        ("boxes completion z", ["plain,zsh"]),
    ],
)
def test_values_are_offered(offered, line, found):
    assert offered(line) == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_calls_the_program(group, capsys, shell):
    assert run_cli(group, ["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_BOXES_COMPLETE" in script
    assert f"{shell}_complete" in script
    if found := shutil.which(shell):
        subprocess.run([found, "-n"], input=script, text=True, check=True)


def test_another_shell_reads_which_there_are(group, capsys):
    assert run_cli(group, ["completion", "bsh"]) == 2
    assert "expected one of bash, zsh, fish, found 'bsh'; did you mean bash?" in (
        capsys.readouterr().err
    )
