"""The figures of all parts in one file, whichever of them were measured together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def record(folder: Path, found: dict[str, Any]) -> None:
    """Write parts to bench.json in the folder; `recipes`, of a run of its own, stays or is new."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "bench.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    kept = before if "recipes" in found else {k: v for k, v in before.items() if k == "recipes"}
    path.write_text(json.dumps({**kept, **found}, indent=1))
