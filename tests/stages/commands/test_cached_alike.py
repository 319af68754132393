"""What one command has made, every other finds: each in a process of its own, which has imported
what it needs and in an order of its own."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SMALL = shlex.split("--source synthetic --synthetic-size 100 --hidden 4 --epochs 1 --batch 20")


def call(folder, *words: str) -> str:
    command = [sys.executable, "-m", "stages", *words, *SMALL, "--quiet"]
    command += ["--artifacts-dir", str(folder / "artifacts"), "--data-dir", str(folder / "data")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.parametrize("first", ["train", "report", "search lr=0.01", "lr-find"])
def test_what_a_command_has_made_is_there_for_all_others(tmp_path, first):
    call(tmp_path, *first.split(), *(["--output", str(tmp_path / "a.html")] * (first == "report")))
    page = str(tmp_path / "b.html")
    for words in (["plan"], ["train", "--dry-run"], ["search", "lr=0.01", "--dry-run"]):
        call(tmp_path, *words)
    call(tmp_path, "report", "--output", page)
    call(tmp_path, "lr-find")
    made = {path.name: len(list(path.glob("*/manifest.json"))) for path in stages_in(tmp_path)}
    assert set(made.values()) == {1}, made


def stages_in(folder) -> list[Path]:
    return [path for path in (folder / "artifacts").iterdir() if list(path.glob("*/manifest.json"))]
