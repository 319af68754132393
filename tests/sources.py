"""The sources of the program, analysed once for all commands that tests run in this process.

A program analyses them when it first uses a store, which takes a second, and remembers what it
found in the store. Tests have many stores.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from pipeline.code import CodeIndex
from stages.cifar10 import LOADED, PIPELINE

MEMO = ".code.json"


@cache
def index() -> CodeIndex:
    """What is known of the sources."""
    found = CodeIndex(_folder() / MEMO)
    for pipeline in (PIPELINE, LOADED):
        for stage in pipeline.stages.values():
            found.reached(stage.function)
    return found


def known_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands of this process know the sources."""
    for module in ("pipeline.api", "pipeline.cli.session"):
        monkeypatch.setattr(f"{module}.CodeIndex", lambda memo=None: index())


def known_in(home: Path) -> Path:
    """Let processes know the sources that use the store in this folder."""
    index()
    (home / "artifacts").mkdir(exist_ok=True)
    for remembered in _folder().glob(".*.json"):
        shutil.copy2(remembered, home / "artifacts" / remembered.name)
    return home


@cache
def _folder() -> Path:
    made = tempfile.TemporaryDirectory(prefix="sources-")
    _kept.append(made)  # until this process ends
    return Path(made.name)


_kept: list[tempfile.TemporaryDirectory] = []
