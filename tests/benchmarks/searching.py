"""Searches on real images: what two trials at once gain, what N processes hold, what halving finds.

    python -m tests.benchmarks.searching ARCHIVE hand       beside trainings started by hand
    python -m tests.benchmarks.searching ARCHIVE memory     resident memory by number of jobs
    python -m tests.benchmarks.searching ARCHIVE grid       the usual grid of 96, 3 epochs each
    python -m tests.benchmarks.searching ARCHIVE halving    the grid at 9 epochs, and halving's best

Results are stored in --artifacts-dir, so a grid that is broken off goes on, and one that is whole
is only read.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TRIALS = ("0.05", "0.01")  # learning rates of the trials that are started by hand
TURNS = 3
FIELDS = ("Pss", "Pss_Anon", "Pss_File")


class Program:
    """The program as its user calls it, on an archive, with a store."""

    def __init__(self, archive: str, folder: Path, store: Path) -> None:
        self._words = ["--source", archive, "--data-dir", str(folder), "--quiet"]
        self._store = store

    def start(
        self, *words: str, store: Path | None = None, out: int = subprocess.DEVNULL
    ) -> subprocess.Popen:
        """Start it."""
        given = [*words, *self._words, "--artifacts-dir", str(store or self._store)]
        return subprocess.Popen([sys.executable, "-m", "stages", *given], stdout=out)

    def seconds(self, *commands: list[str]) -> float:
        """How long some commands take that are started at once, in a store with no training."""
        with tempfile.TemporaryDirectory(dir=self._store.parent) as name:
            store = Path(name) / "store"
            copy = ["cp", "-rl", str(self._store), str(store)]  # the stages before the training
            subprocess.run(copy, check=True)
            subprocess.run(["rm", "-rf", str(store / "train")], check=True)
            started = time.perf_counter()
            processes = [self.start(*words, store=store) for words in commands]
            statuses = [process.wait() for process in processes]
            assert not any(statuses), statuses
            return time.perf_counter() - started

    def search(self, *words: str) -> dict[str, Any]:
        """The document of a search."""
        process = self.start("search", *words, "--json", out=subprocess.PIPE)
        out, _ = process.communicate()
        assert process.returncode == 0
        return json.loads(out)


def hand(program: Program) -> None:
    """Two trials by hand, one after the other and at once, and by `search`, in turns."""
    trials = [["train", "--lr", lr, "--epochs", "3"] for lr in TRIALS]
    alone = [[*words, "--workers", "1"] for words in trials]
    ratios = []
    for turn in range(TURNS):
        found = {
            "one after the other": sum(program.seconds(words) for words in trials),
            "at once by hand": program.seconds(*alone),
            "search": program.seconds(["search", f"lr={','.join(TRIALS)}", "--epochs", "3"]),
        }
        ratios.append(found["at once by hand"] / found["search"])
        figures = "   ".join(f"{name} {seconds:.1f} s" for name, seconds in found.items())
        load = os.getloadavg()[0]
        print(f"turn {turn + 1}: {figures}   share of the gain {ratios[-1]:.2f}   load {load:.1f}")
    print(f"median share of the gain of two at once: {statistics.median(ratios):.2f}")


def memory(program: Program) -> None:
    """The largest resident memory of all processes of a search, what is shared counted once."""
    for jobs in (1, 2, 4):
        rates = ",".join(f"{0.01 + 0.001 * jobs + 0.0001 * trial:g}" for trial in range(jobs))
        process = program.start(
            "search", f"lr={rates}", "--epochs", "1", "--jobs", str(jobs), "--executor", "process"
        )
        most: dict[str, int] = {}
        while process.poll() is None:
            if (found := resident(process.pid))["Pss"] > most.get("Pss", 0):
                most = found
            time.sleep(0.2)
        figures = "   ".join(f"{name} {most[name] / 1024:.0f} MiB" for name in FIELDS)
        print(f"{jobs} jobs: {most['processes']} processes   {figures}", flush=True)


def resident(root: int) -> dict[str, int]:
    """KiB that a process and its descendants hold: in all, of their own, of mapped files."""
    found, waiting = dict.fromkeys((*FIELDS, "processes"), 0), [root]
    while waiting:
        place = Path(f"/proc/{waiting.pop()}")
        try:
            lines = (place / "smaps_rollup").read_text().splitlines()
            children = [(task / "children").read_text() for task in (place / "task").iterdir()]
        except OSError:
            continue  # it has ended
        waiting += [int(child) for line in children for child in line.split()]
        found["processes"] += 1
        for name, _, amount in (line.partition(":") for line in lines):
            if name in FIELDS:
                found[name] += int(amount.split()[0])
    return found


def grid(program: Program, epochs: int = 3) -> dict[str, Any]:
    """The usual grid; its leaderboard."""
    document = program.search("--epochs", str(epochs))
    print(f"{document['dataset']}, {epochs} epochs, {len(document['trials'])} trials")
    for trial in document["trials"]:
        values = " ".join(f"{name}={value:g}" for name, value in trial["parameters"].items())
        score = "diverged" if trial["failure"] else f"{trial['accuracy']:.2%} {trial['loss']:.4f}"
        print(f"  {score}  {values}")
    return document


def halving(program: Program) -> None:
    """How far the trial that halving finds is behind the best of the grid, by the grid's score."""
    document = program.search("--epochs", "9", "--halving", "3")
    spent = sum(one["trials"] * one["epochs"] for one in document["rounds"])
    full = grid(program, 9)["trials"]
    score = {json.dumps(one["parameters"]): one["accuracy"] for one in full}
    found, best = score[json.dumps(document["best"])], full[0]["accuracy"]
    print(f"halving: {spent} of {9 * len(full)} epochs, {document['best']}")
    print(
        f"its score {found:.2%}, the best of the grid {best:.2%}: {100 * (best - found):.2f} behind"
    )


def main() -> None:
    """Carry out one part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("archive")
    parser.add_argument("part", choices=["hand", "memory", "grid", "halving"])
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--artifacts-dir", type=Path, default=Path("artifacts"))
    given = parser.parse_args()
    program = Program(given.archive, given.data_dir, given.artifacts_dir.absolute())
    if given.part in ("hand", "memory"):  # not what comes before the training is measured
        program.search(f"lr={TRIALS[0]}", "--epochs", "1")
    {"hand": hand, "memory": memory, "grid": grid, "halving": halving}[given.part](program)


if __name__ == "__main__":
    main()
