"""What tests of whole commands use."""

from __future__ import annotations

import json
import shlex

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from tests import sources


@pytest.fixture
def call(folder, monkeypatch, capsys):
    """Run a command line in the module's `folder`: status, stdout, stderr."""
    monkeypatch.chdir(folder)
    sources.known_here(monkeypatch)
    group = add_to(make_cli(PROGRAM), PROGRAM)

    def go(command: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_cli(group, shlex.split(command))
        return status, *capsys.readouterr()

    return go


@pytest.fixture
def document(call):
    """Run a command line with --json: its document."""

    def go(command: str, expected: int = 0):
        status, out, err = call(f"{command} --json")
        assert status == expected, err
        return json.loads(out)

    return go
