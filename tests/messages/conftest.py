"""The real command line, over the results of one small run."""

from __future__ import annotations

import resource
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.cli.main import run_cli
from pipeline.cli.program import make_cli
from stages.cifar10 import PROGRAM
from stages.commands.add import add_to
from tests import sources
from tests.messages.case import (
    SMALL,
    Call,
)


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A folder with the results of a small run, which all cases use."""
    home = sources.known_in(tmp_path_factory.mktemp("made"))
    group = add_to(make_cli(PROGRAM), PROGRAM)
    folders = ["--artifacts-dir", str(home / "artifacts"), "--data-dir", str(home / "data")]
    assert run_cli(group, ["run", *shlex.split(SMALL), "--quiet", *folders]) == 0
    return home


@pytest.fixture
def call(made, tmp_path, monkeypatch, capsys) -> Call:
    """Run a command in the folder of the test: its status, and the last line on stderr."""
    monkeypatch.setenv("PIPELINE_ARTIFACTS_DIR", str(made / "artifacts"))
    monkeypatch.setenv("PIPELINE_DATA_DIR", str(made / "data"))
    monkeypatch.chdir(tmp_path)
    sources.known_here(monkeypatch)
    group = add_to(make_cli(PROGRAM), PROGRAM)
    capsys.readouterr()

    def go(command: str) -> tuple[int, str]:
        status = run_cli(group, shlex.split(command))
        out, err = capsys.readouterr()
        assert out == ""
        return status, err.splitlines()[-1].replace(str(tmp_path), "{here}")

    return go


@pytest.fixture
def file_limit() -> Iterator[Callable[[int], None]]:
    """Set the size at which writing a file fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
