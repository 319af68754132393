"""Alike: whatever the number of workers and the executor, one seed gives one model.

All runs of a seed start at once, each with an artifacts folder of its own, on one data folder that
is empty: so they also contend for the dataset.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.crash import processes
from tests.crash.tally import Tally

WORKERS = (1, 2, 3, 4, 8, 16)
EXECUTORS = ("serial", "thread", "process")
EVERYTHING = (
    *("--contrast", "--storage", "uint8", "--whiten", "pca", "--components", "20"),
    *(
        "--flip",
        "random",
        "--shift",
        "2",
        "--zoom",
        "0.1",
        "--jitter",
        "0.2",
        "--cutout",
        "4",
        "--mixup",
        "0.2",
    ),
    *("--hidden", "48,24", "--batchnorm", "--dropout", "0.2", "--activation", "gelu"),
    *("--optimizer", "adamw", "--lr", "0.003", "--smoothing", "0.1", "--clip", "1"),
    *("--average", "0.9", "--schedule", "cosine", "--warmup", "0.5"),
)
NETWORKS = {"plain": processes.NETWORK, "with everything": (*processes.NETWORK, *EVERYTHING)}
NETWORKS |= {f"recipe {name}": processes.small_recipe(name) for name in processes.RECIPES}


def all_ways(
    home: Path,
    seed: int,
    network: str,
    workers: Sequence[int] = WORKERS,
    executors: Sequence[str] = EXECUTORS,
) -> Tally:
    """Train once with each number of workers and each executor, all at the same time."""
    home.mkdir(parents=True)
    runs = {}
    for number, executor in itertools.product(workers, executors):
        name = f"{executor}{number}"
        flags = (*processes.DATASET, *NETWORKS[network], "--seed", str(seed))
        flags += ("--workers", str(number), "--executor", executor)
        flags += ("--artifacts-dir", f"artifacts-{name}", "--save", f"{name}.json")
        runs[name] = processes.start(home, "run", *flags, log=name)
    for process in runs.values():
        process.stdin.close()
    tally, found = Tally(), set()
    for name, process in runs.items():
        process.stdout.read()
        process.stdout.close()
        if process.wait():
            reported = processes.events(home, name)[-3:]
            tally.wrong.append(f"{home.name}, {name}: status {process.returncode}, {reported}")
        else:
            tally.counts[f"models, {network}"] += 1
            found.add(processes.sha256(home / f"{name}.json"))
    tally.counts[f"seeds, {network}"] += 1
    if len(found) > 1:
        tally.wrong.append(f"{home.name}: {len(found)} different models of seed {seed}, {network}")
    if not tally.wrong:
        shutil.rmtree(home)
    return tally
