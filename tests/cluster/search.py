"""A search as the campaign runs it, and its leaderboard without what differs from run to run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cluster.machines import LONGEST, Machine

FLAGS = "--source synthetic --synthetic-size 600 --hidden 16 --epochs 6"
SPACES = {
    12: "lr=0.05,0.01,0.005 l2=0,1e-3 components=8,16 --whiten pca --batch 32",
    96: "",  # what is searched where nothing is named
}


def command(size: int, executor: str, cluster: str | None = None) -> list[str]:
    """The words of a search of so many trials."""
    where = f"--executor {executor} --jobs 2" if executor != "dask" else f"--cluster {cluster}"
    return ["-m", "stages", "search", *f"{SPACES[size]} {FLAGS} {where} --json".split()]


def leaderboard(output: str) -> dict[str, Any]:
    """A search's document, without how long its trainings took, and how it was called."""
    document = json.loads(output)
    for trial in document["trials"]:
        for seed in trial["seeds"].values():
            del seed["epoch_seconds"]
    del document["command"]
    return document


def trainings(home: Path) -> dict[str, str]:
    """The stored trainings of a machine: name of the folder → digest of the parameters."""
    found = {}
    for path in (home / "artifacts" / "train").glob("[!.]*/manifest.json"):
        outputs = json.loads(path.read_text("utf-8"))["outputs"]
        found[path.parent.name] = outputs["parameters"]["digest"]
    return found


def written(home: Path) -> Mapping[str, float]:
    """The stored trainings of a machine, and when each was stored."""
    paths = (home / "artifacts" / "train").glob("[!.]*/manifest.json")
    return {path.parent.name: path.stat().st_mtime for path in paths}


def result(machine: Machine, process: subprocess.Popen, expected: int = 0) -> tuple[str, str]:
    """The output of a search that is to end with a status."""
    status = process.wait(LONGEST)
    out, err = machine.output(process)
    assert status == expected, f"status {status}, not {expected}:\n{err[-3000:]}"
    return out, err
