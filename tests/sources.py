"""The sources of the program, analysed once for all commands that tests run.

A program analyses them when it first uses a store, which takes a second and under coverage many,
and remembers what it found in the store. Tests have many stores: a program of its own analyses the
sources for all of them and for all processes that run tests, and the next time it looks for what
has changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.code import CodeIndex, tables
from pipeline.code.modules import locate

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".pytest_cache" / "sources-{}.{}".format(*sys.version_info)
MEMO = ".code.json"


def analyse() -> CodeIndex:
    """Look at the sources that have changed since the last time."""
    from stages.cifar10 import LOADED, PIPELINE  # here: whoever tests the framework needs it not

    every = tables.Tables(FOLDER / MEMO)
    for path in (*ROOT.glob("pipeline/**/*.py"), *ROOT.glob("stages/**/*.py")):
        every[locate(path, "")[0]]
    every.save()
    found = CodeIndex(FOLDER / MEMO)
    for pipeline in (PIPELINE, LOADED):
        for stage in pipeline.stages.values():
            found.reached(stage.function)
    found.save()
    return found


@cache
def learn() -> None:
    """Let a process that is not traced analyse the sources, and this one know what it found."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    untraced = {name: text for name, text in os.environ.items() if not name.startswith("COV_")}
    with FileLock(FOLDER / "lock"):
        command = [sys.executable, "-m", "tests.sources"]
        subprocess.run(command, cwd=ROOT, env=untraced, check=True)
    known()


def known() -> None:
    """Let all that analyses sources in this process know what was found the last time."""
    tables._FOUND.update(tables.Tables(FOLDER / MEMO)._load())


@cache
def index() -> CodeIndex:
    """What is known of the sources. What stages of ours change in modules is not looked for after
    each of them: the framework's tests do that, and it takes a fifth of a command's time."""
    learn()
    found = analyse()
    found.changed = list
    found.save = lambda: None  # what is to be known of the sources has just been written down
    return found


def known_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands of this process know the sources."""
    for module in ("pipeline.api", "pipeline.cli.session"):
        monkeypatch.setattr(f"{module}.CodeIndex", lambda memo=None: index())


def known_in(home: Path) -> Path:
    """Let processes know the sources that use the store in this folder."""
    index()
    (home / "artifacts").mkdir(exist_ok=True)
    for remembered in FOLDER.glob(".*.json"):
        shutil.copy2(remembered, home / "artifacts" / remembered.name)
    return home


if __name__ == "__main__":
    analyse()
