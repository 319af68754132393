"""One edit: a program in files, run on a store, edited, run again, and run on an empty store.

wrong     the cache gave another result than the empty store
broken    the program failed with anything but an error of pipeline.errors
reported  refused with such an error, or a warning, instead of a silent wrong
miss      the result did not change, but something ran again
right     a hit where nothing changed, a run where something did
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("cases*.json"))
HOME = HERE.parent.parent
KINDS = ("wrong", "broken", "reported", "miss", "right")
PROGRAM = """if True:
    import json, os, sys
    sys.path.insert(0, os.getcwd())
    from flow import PIPELINE
    from pipeline import run
    found = run(PIPELINE, store=sys.argv[1])
    out = found["out"]
    out = [str(out.dtype), out.tolist()] if hasattr(out, "tolist") else out
    ran = [stage.name for stage in found.stages if stage.status == "ran"]
    print(json.dumps({"ran": ran, "out": out}))"""


def load_cases() -> list[dict[str, Any]]:
    """The edits of all cases*.json: name, files before and after (null: deleted), environments."""
    return [case for file in FILES for case in json.loads(file.read_text("utf-8"))]


def verdict(
    case: Mapping[str, Any], python: str = sys.executable, path: Path = HOME
) -> tuple[str, str]:
    """What becomes of an edit, and why; `path` is where `python` finds the framework."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "src"
        _put(root, case["before"])
        program = [python, "-c", PROGRAM]
        store, empty = str(Path(name) / "store"), str(Path(name) / "empty")
        first = _run([*program, store], root, path, case.get("env_before"))
        _put(root, case["after"])
        after = _run([*program, store], root, path, case.get("env_after"))
        fresh = _run([*program, empty], root, path, case.get("env_after"))
    for error in (one["error"] for one in (first, after, fresh) if "error" in one):
        return ("reported" if error.startswith("pipeline.errors.") else "broken"), error
    if after["out"] != fresh["out"]:
        words = f"got {after['out']!r}, true {fresh['out']!r}"
        return ("reported", after["warned"]) if after["warned"] else ("wrong", words)
    if first["out"] == fresh["out"] and after["ran"]:
        return "miss", f"ran again: {', '.join(after['ran'])}"
    return "right", ""


def _put(root: Path, files: Mapping[str, str | None]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text)


def _run(
    command: list[str], root: Path, path: Path, environment: Mapping[str, str] | None
) -> dict[str, Any]:
    settings = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(path), **(environment or {})}
    done = subprocess.run(
        command, cwd=root, env=os.environ | settings, capture_output=True, text=True, timeout=120
    )
    lines = done.stderr.strip().splitlines()
    if done.returncode:
        return {"error": lines[-1] if lines else "no word"}
    warned = [line for line in lines if line.startswith("warning:")]
    return json.loads(done.stdout.splitlines()[-1]) | {"warned": "; ".join(warned)}
