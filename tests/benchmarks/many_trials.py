"""Many trials on record: how long `search` takes over trainings that are all stored.

    python -m tests.benchmarks.many_trials [--trials 10000] [--folder FOLDER]

One training is made; the others are its files under the names that they would have. The first
search looks at each; the next one remembers what they came to (stages/commands/search/recorded.py).
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from unittest import mock

from pipeline.cli.display import align
from pipeline.code import CodeIndex
from pipeline.planner import CACHED, Planner
from pipeline.settings import resolve
from pipeline.store.store import Store
from stages.cifar10 import PIPELINE
from stages.commands.search.trial import Trials
from tests.benchmarks.many_results import seconds

SMALL = {"source": "synthetic", "synthetic_size": 300, "hidden": (8,), "epochs": 1}
SEEDS = 100
FLAGS = ["--source", "synthetic", "--synthetic-size", "300", "--hidden", "8", "--epochs", "1"]


def spaces(trials: int) -> tuple[list[float], list[float]]:
    """Learning rates and weights of L2, as many combinations as that."""
    rates = [round(0.001 * (1 + number), 6) for number in range(max(1, trials // SEEDS))]
    return rates, [round(1e-6 * (1 + number), 9) for number in range(min(trials, SEEDS))]


def fill(folder: Path, trials: int) -> list[str]:
    """Store as many trainings as that; the words of the search that finds them."""
    rates, weights = spaces(trials)
    words = [f"{name}={','.join(map(str, v))}" for name, v in (("lr", rates), ("l2", weights))]
    flags = [*FLAGS, "--artifacts-dir", str(folder / "store"), "--data-dir", str(folder / "data")]
    command = [*words, *flags, "--quiet"]
    if (folder / "filled").exists():
        return command
    first = [f"lr={rates[0]}", f"l2={weights[0]}", *flags, "--quiet"]
    seconds([sys.executable, "-m", "stages", "search", *first])
    store = Store(folder / "store")
    given = SMALL | {"data_dir": str(folder / "data")}
    settings = {n: s.value for n, s in resolve(PIPELINE.parameters, arguments=given).items()}
    code = CodeIndex(store.root / ".code.json")
    found = Trials(Planner(PIPELINE, settings, store, code))
    key = found.decide({**settings, "lr": rates[0], "l2": weights[0]})[0].key
    assert key is not None
    outputs = {name: store.load(key, name) for name in store.manifest(key)["outputs"]}
    notes = store.manifest(key)["notes"]
    with mock.patch("os.fsync"):
        for rate in rates:
            for weight in weights:
                last, _ = found.decide({**settings, "lr": rate, "l2": weight})
                if last.key is None or last.fields is None or last.status == CACHED:
                    continue
                with store.write(last.key, last.fields) as writer:
                    writer.root, writer.notes = "search", dict(notes)
                    for name, value in outputs.items():
                        writer.put(name, value)
    (folder / "filled").touch()
    return command


def main() -> int:
    """Fill a store, search it three times, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="keep the trainings here for another time")
    given = parser.parse_args()
    folder = (given.folder or Path(tempfile.mkdtemp())).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        command = [sys.executable, "-m", "stages", "search", *fill(folder, given.trials)]
        rows = [("search", f"{given.trials:,} trials", "processor")]
        for name in ("the first", "the next", "the next"):
            took, busy = seconds(command)
            rows.append((name, f"{took:.2f} s", f"{busy:.2f} s"))
    finally:
        if given.folder is None:
            shutil.rmtree(folder)
    print(align(rows, right=(1, 2)))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
