"""Many items, many trials: what the framework adds to each, on every executor.

    python -m tests.benchmarks.many_items [--items 10000] [--trials 200] [--executors process dask]

An item keeps a core busy for a millisecond, so what two cores can do at best is half a second for a
thousand. A trial does nothing; it takes an input of 1 MB that all have in common. Beside the time
of the clock there is that of the processor, which is what counts where others use it: of all
processes of a program that does this and nothing else, its start and that of a cluster among them.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from pipeline import Store, run
from pipeline.cli.display import align
from pipeline.code import CodeIndex
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import EXECUTORS, Placement
from pipeline.planner import Planner
from pipeline.search.trials import completed
from tests.benchmarks.small_stages import ITEMS, TRIALS


def items(folder: Path, executor: str, upto: int) -> None:
    """All items, on an executor."""
    assert run(ITEMS, store=folder, executor=executor, jobs=2, upto=upto)["sum"] == sum(
        n * n for n in range(upto)
    )


def trials(folder: Path, executor: str, number: int) -> None:
    """So many trials, as a search runs them."""
    planner = Planner(TRIALS, {"number": 0}, Store(folder), CodeIndex(folder / ".code.json"))
    tasks = {one: planner.variant({"number": one}) for one in range(number)}
    with closing(
        completed(tasks, ["trial"], Placement(executor, 2), lambda key: Reporter())
    ) as done:
        assert all(outcome is not None for _, outcome, _ in done)


WORK: dict[str, Callable[[Path, str, int], None]] = {"items": items, "trials": trials}


def timed(what: str, folder: Path, executor: str, number: int) -> tuple[float, float]:
    """Seconds by the clock, and those of the processor, of a program that does this alone."""
    words = [sys.executable, "-m", __spec__.name, "--only", what, str(folder), executor]
    used = _used()
    process = subprocess.Popen([*words, str(number)], stdout=subprocess.PIPE, text=True)
    out, _ = process.communicate()
    with suppress(ChildProcessError):
        while True:  # a fork server ends after the program that has started it
            os.wait()
    assert process.returncode == 0
    return float(out), _used() - used


def _used() -> float:
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def adopt_orphans() -> None:
    """Processes whose parent has ended become children of this one (prctl(2); Linux alone)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def main() -> int:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--executors", nargs="+", choices=EXECUTORS, default=EXECUTORS)
    parser.add_argument("--only", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        what, folder, executor, number = given.only
        began = time.perf_counter()
        WORK[what](Path(folder), executor, int(number))
        print(time.perf_counter() - began)
        return 0
    adopt_orphans()
    heads = [f"{given.items:,} items", "processor", "again"]
    rows = [("", *heads, f"{given.trials} trials", "processor")]
    for executor in given.executors:
        folder = Path(tempfile.mkdtemp())
        try:
            made = timed("items", folder / "items", executor, given.items)
            again = timed("items", folder / "items", executor, given.items)
            tried = timed("trials", folder / "trials", executor, given.trials)
        finally:
            shutil.rmtree(folder)
        figures = (*made, again[0], *tried)
        rows.append((executor, *(f"{one:.2f} s" for one in figures)))
        print(*rows[-1], f"load {os.getloadavg()[0]:.1f}", flush=True, file=sys.stderr)
    print(align(rows, right=(1, 2, 3, 4, 5)))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
