"""A search as the campaign runs it, and its leaderboard without what differs from run to run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cluster.machines import Machine

SMALL = "--source synthetic --synthetic-size 300 --hidden 8 --batch 30 --epochs 4"


def command(size: str, executor: str, cluster: str | None = None) -> list[str]:
    """The words of a search; `size` is "12" or "96" (trials)."""
    space = "" if size == "96" else "lr=0.05,0.01,0.005 l2=0,1e-3 components=8,16 --whiten pca"
    flags = SMALL.replace("--batch 30 ", "") if size == "96" else SMALL
    where = f"--executor {executor} --jobs 2" if executor != "dask" else f"--cluster {cluster}"
    return ["-m", "stages", "search", *f"{space} {flags} {where} --json".split()]


def leaderboard(output: str) -> list[Mapping[str, Any]]:
    """The trials of a search's document, the best first, all but how long they took."""
    trials = json.loads(output)["trials"]
    for trial in trials:
        for seed in trial["seeds"].values():
            del seed["epoch_seconds"]
    return trials


def trainings(home: Path) -> dict[str, str]:
    """The stored trainings of a machine: fingerprint → digest of the parameters."""
    found = {}
    for path in (home / "artifacts" / "train").glob("[!.]*/manifest.json"):
        outputs = json.loads(path.read_text("utf-8"))["outputs"]
        found[path.parent.name] = outputs["parameters"]["digest"]
    return found


def result(machine: Machine, process: Any, expected: int = 0) -> tuple[str, str]:
    """The output of a search that is to end with a status."""
    status = process.wait()
    out, err = machine.output(process)
    assert status == expected, f"status {status}, not {expected}:\n{err[-3000:]}"
    return out, err
