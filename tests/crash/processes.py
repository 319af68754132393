"""Processes: the real program on a small dataset, started, watched and killed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests import sources

ROOT = Path(__file__).parent.parent.parent
DATASET = ("--source", "synthetic", "--synthetic-size", "300")
NETWORK = (
    "--hidden",
    "16",
    "--epochs",
    "3",
    "--batch",
    "20",
    "--lr",
    "0.05",
    "--val-fraction",
    "0.1",
)
SMALL = (*DATASET, *NETWORK, "--workers", "2")
RECIPES = {path.stem: path for path in sorted((ROOT / "stages" / "recipes").glob("*.toml"))}
SECONDS_TO_LEAVE = 10.0


def small_recipe(name: str) -> tuple[str, ...]:
    """The flags of a recipe, but for what would take long; its rates are its own."""
    flags = ("--recipe", name, *NETWORK, "--warmup", "0.5", "--no-color")
    recipe = tomllib.loads(RECIPES[name].read_text("utf-8"))
    flags += ("--lr", str(recipe["lr"])) if "lr" in recipe else ()
    flags += ("--local-init", "8,8,2") if "local_init" in recipe else ()
    return (*flags, "--components", "20") if recipe.get("components") else flags


def start(
    folder: Path, *arguments: str, log: str = "events", **environment: str
) -> subprocess.Popen[bytes]:
    """Start the program in `folder`, in a process group of its own; its events go to `log`."""
    if "PYTEST_CURRENT_TEST" in os.environ and not (folder / "artifacts").exists():
        sources.known_in(folder)  # a campaign has the time to find out anew
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder), **environment}
    command = [sys.executable, "-m", "tests.crash.program", *arguments]
    with open(folder / log, "wb") as report:
        return subprocess.Popen(
            [*command, "--json", "--progress", "json"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=report,
            process_group=0,
        )


def events(folder: Path, log: str = "events") -> list[dict[str, Any]]:
    """What the program reported in `folder`, event by event."""
    found = []
    for line in (folder / log).read_text("utf-8", "replace").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            found.append({"event": "other", "message": line})
    return found


def stage_under_way(folder: Path) -> str:
    """The stage that the program last reported to have started and not finished."""
    stage = "between stages"
    for event in events(folder):
        if event["event"] in ("stage_started", "stage_finished"):
            stage = event["stage"] if event["event"] == "stage_started" else "between stages"
    return stage


def workers(process: subprocess.Popen[bytes]) -> list[int]:
    """The worker processes of a program: children of the server that its own child is."""
    parents = dict(filter(None, map(_parent, Path("/proc").glob("[0-9]*"))))
    return [pid for pid, parent in parents.items() if parents.get(parent) == process.pid]


def _parent(path: Path) -> tuple[int, int] | None:
    try:
        return int(path.name), int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def group_is_gone(group: int) -> bool:
    """Whether no process of the group lives on after some time; zombies do not count."""
    deadline = time.monotonic() + SECONDS_TO_LEAVE
    while any(_lives_in(path, group) for path in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _lives_in(process: Path, group: int) -> bool:
    try:
        state, _, number = (process / "stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return int(number) == group and state not in "ZX"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def abandoned_memory() -> set[str]:
    """The names of shared memory and semaphores that no process has mapped."""
    maps = ""
    for path in Path("/proc").glob("[0-9]*/maps"):
        with suppress(OSError):
            maps += path.read_text()
    found = Path("/dev/shm").glob("*")
    return {path.name for path in found if path.is_file() and str(path) not in maps}
