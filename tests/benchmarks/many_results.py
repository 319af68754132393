"""Many results: what the commands take in a store of 10,000 results of 1 kB.

    python -m tests.benchmarks.many_results [--results 10000] [--folder FOLDER]

Half of them are of a first stage, half of a second one that took the first one's; all that may be
counted on: plan, a run that has nothing to do, verify, gc, gc --max-size; and `runs`, over as many
trainings as there are results (of which each has an evaluation). Beside the time of the clock there
is that of the processor, which is what counts where others use it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from pipeline.cli.display import align
from pipeline.cli.main import run_cli
from pipeline.cli.program import Program, make_cli
from pipeline.code import CodeIndex
from pipeline.fingerprint import fingerprint_of
from pipeline.graph import Pipeline
from pipeline.stage import Option, stage
from pipeline.store.store import Key, Store

COMMANDS = (["plan"], ["run"], ["verify"], ["gc"], ["gc", "--max-size", "7MB"])


@stage(outputs=("numbers",))
def make(*, seed: Annotated[int, Option("of the numbers")] = 0) -> np.ndarray:
    """A kilobyte of numbers."""
    return np.full(128, seed, np.float64)


@stage(outputs=("total",))
def add(numbers: np.ndarray) -> np.ndarray:
    """Another one, made of them."""
    return numbers + 1


MANY = Pipeline(make, add)
PROGRAM = Program(MANY, "many", "Many results.", "1")


def fill(store: Store, results: int) -> None:
    """Write as many results as that, without waiting for the disk."""
    code = CodeIndex()
    for seed in range(results // 2):
        digests: dict[str, str] = {}
        numbers = make.function(seed=seed)
        for one in MANY.stages.values():
            parameters = {"seed": seed} if one is make else {}
            found = fingerprint_of(one, parameters, digests, code)
            key = Key(one.name, found.digest)
            with store.write(key, found.fields) as writer:
                writer.root = "final" if one is add else ""
                writer.put(one.outputs[0], numbers if one is make else add.function(numbers))
            record = store.manifest(key)["outputs"][one.outputs[0]]
            digests[one.outputs[0]] = record["digest"]


def fill_trainings(store: Store, count: int) -> None:
    """Write trainings and evaluations as `runs` reads them."""
    epoch = {"epoch": 1, "loss": 1.0, "accuracy": 0.5, "validation_accuracy": 0.5}
    for number in range(count):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        with store.write(Key("train", digest), {"stage": "train", "parameters": {}}) as writer:
            writer.root = "search"
            writer.put("parameters", np.full(10, number))
            writer.put("training", {"history": [epoch], "best_epoch": 1, "images": 10})
        made = store.manifest(Key("train", digest))["outputs"]
        inputs = {name: output["digest"] for name, output in made.items()}
        with store.write(Key("evaluate", digest), {"inputs": inputs}) as writer:
            writer.root = "final"
            writer.put("evaluation", {"test": {"accuracy": 0.5}})


def seconds(command: list[str], *arguments: str) -> tuple[float, float]:
    """How long a command takes in a process of its own, and how long it keeps a core busy."""
    started, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*command, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return time.perf_counter() - started, busy


def measure(folder: Path, results: int) -> list[tuple[str, float, float]]:
    """(command, seconds, those of a core) for all of them; fills what is not there yet."""
    from unittest import mock

    many, runs = folder / "many", folder / "runs"
    with mock.patch("os.fsync"):
        if not many.exists():
            fill(Store(many), results)
        if not runs.exists():
            fill_trainings(Store(runs), results // 2)
    program = [sys.executable, "-m", "tests.benchmarks.many_results", "--command"]
    found = []
    for command in COMMANDS:
        flags = ["--artifacts-dir", str(many), "--quiet", "--seed", str(results // 2 - 1)]
        found.append((" ".join(command), *seconds([*program, json.dumps([*command, *flags])])))
    flags = ["--artifacts-dir", str(runs)]
    found.append(("runs", *seconds([sys.executable, "-m", "stages", "runs", *flags])))
    return found


def main(arguments: list[str] | None = None) -> Any:
    """Fill a store, time the commands, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="keep the results here for another time")
    parser.add_argument("--command", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.command:
        return run_cli(make_cli(PROGRAM), json.loads(given.command))
    folder = given.folder or Path(tempfile.mkdtemp())
    try:
        found = measure(folder, given.results)
    finally:
        if given.folder is None:
            shutil.rmtree(folder)
    rows = [(name, f"{took:.2f} s", f"{busy:.2f} s") for name, took, busy in found]
    print(align([("command", f"{given.results:,} results", "processor"), *rows], right=(1, 2)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
