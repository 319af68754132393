"""Many items, many trials: what the framework adds to each, on every executor.

    python -m tests.benchmarks.many_items [--items 10000] [--trials 200] [--executors process dask]

An item keeps a core busy for a millisecond, so what two cores can do at best is half a second for a
thousand. A trial does nothing; it takes an input of 1 MB that all have in common. Beside the time
of the clock there is that of the processor, in all processes that were started here, which is what
counts where others use it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from contextlib import closing
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


def timed(work, *given) -> tuple[float, float]:
    """Seconds by the clock, and those of all processes."""
    began, used = time.perf_counter(), _used()
    work(*given)
    return time.perf_counter() - began, _used() - used


def _used() -> float:
    found = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in found)


def main() -> int:
    """Measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--executors", nargs="+", choices=EXECUTORS, default=EXECUTORS)
    given = parser.parse_args()
    rows = [
        ("", f"{given.items:,} items", "processor", "again", f"{given.trials} trials", "processor")
    ]
    for executor in given.executors:
        folder = Path(tempfile.mkdtemp())
        try:
            made = timed(items, folder / "items", executor, given.items)
            again = timed(items, folder / "items", executor, given.items)
            tried = timed(trials, folder / "trials", executor, given.trials)
        finally:
            shutil.rmtree(folder)
        figures = (*made, again[0], *tried)
        rows.append((executor, *(f"{one:.2f} s" for one in figures)))
        print(executor, *rows[-1][1:], flush=True, file=sys.stderr)
    print(align(rows, right=(1, 2, 3, 4, 5)))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
