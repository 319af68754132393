"""The program in an empty folder, on a few hundred drawn shapes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from tests import sources

ROOT = Path(__file__).parent.parent.parent
SMALL = ("--source", "synthetic", "--synthetic-size", "400")
QUICK = (*SMALL, "--hidden", "16", "--epochs", "2", "--batch", "50")


@pytest.fixture
def call(tmp_path: Path, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Run a command line in this process: status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    sources.known_here(monkeypatch)
    group = add_to(make_cli(PROGRAM), PROGRAM)

    def go(*arguments: str) -> tuple[int, str, str]:
        status = run_cli(group, [str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return go


@pytest.fixture
def document(call) -> Callable[..., Any]:
    """Run a command line that must succeed, with --json: its document."""

    def go(*arguments: str) -> Any:
        status, out, err = call(*arguments, "--json")
        assert status == 0, err
        return json.loads(out)

    return go


@pytest.fixture
def spawn(tmp_path: Path) -> Callable[..., subprocess.Popen]:
    """Start the program as a process of its own, in the same folder; `save`: seconds between
    two states of a training."""
    sources.known_in(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started: list[subprocess.Popen] = []

    def go(*arguments: str, save: float | None = None) -> subprocess.Popen:
        often = {"CRASH_SAVE": str(save)} if save else {}
        module = "tests.crash.program" if save else "stages"  # which saves the state so often
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=tmp_path,
            env=environment | often,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate()


def ran(found: Any) -> list[str]:
    """The names of the stages that ran, from a document."""
    return [stage["name"] for stage in found["stages"] if stage["status"] == "ran"]
