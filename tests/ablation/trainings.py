"""The trainings behind the rows: each one is a call of the real program, and cached by it.

The order is such that a broken-off ablation has the most to show: first the recipe with the first
seed, then every row and every value to be tried with that seed, then the other seeds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from tests.ablation.rows import RECIPE, ROWS, Row

ROOT = Path(__file__).parent.parent.parent
VALIDATION = 0.2  # part of the training images


@dataclass(frozen=True)
class Result:
    """What one training came to on the validation images, or why it came to nothing.

    seconds: of its epochs, whenever that was. cached: it was there before.
    """

    plain: float = 0.0
    tta: float = 0.0
    seconds: float = 0.0
    dataset: str = ""
    cached: bool = False
    failure: str = ""


Train = Callable[[Sequence[str], int], Result]
Say = Callable[[str], None]


def train(common: Sequence[str], flags: Sequence[str], seed: int) -> Result:
    """Train and evaluate, or find both in the cache. The test images' figures are not looked at."""
    done = subprocess.run(
        [sys.executable, "-m", "stages", "evaluate", *common, *flags, "--seed", str(seed)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"ended with {done.returncode}"]
        return Result(failure=lines[-1])
    document = json.loads(done.stdout)
    found = document["validation"]
    return Result(
        found["accuracy"],
        found["tta"]["accuracy"],
        sum(document["epoch_seconds"]),
        document["dataset"],
        cached=all(stage["status"] == "cached" for stage in document["stages"]),
    )


def common_flags(source: str, artifacts: str, epochs: int | None) -> list[str]:
    """The flags of all rows.

    One worker each: to train several at once is faster than to share out each one, and the bits
    are the same.
    """
    flags = ["--recipe", RECIPE, "--val-fraction", f"{VALIDATION:g}", "--tta"]
    flags += ["--source", source, "--artifacts-dir", artifacts, "--json", "--quiet"]
    flags += ["--workers", "1", "--executor", "thread"]
    if epochs is not None:
        flags += ["--epochs", str(epochs)]
    return flags


@dataclass(frozen=True)
class Found:
    """A row's results by seed, with these flags; tried: those of the first seed, by flags."""

    row: Row
    flags: tuple[str, ...]
    results: dict[int, Result]
    tried: dict[tuple[str, ...], Result]


def carry_out(
    rows: Sequence[Row], seeds: Sequence[int], jobs: int, train: Train, say: Say
) -> list[Found]:
    """Every training that the rows need, so many at a time. UserError where the recipe fails."""
    first, *others = seeds
    rows = [ROWS[RECIPE], *(row for row in rows if row.name != RECIPE)]
    tries = [(row, flags, first) for row in rows for flags in row.variants()]
    carry = partial(_all, train, jobs, Counter(len(tries) + len(rows) * len(others), say))
    tried = carry(tries[:1])
    if failure := tried[tries[0]].failure:
        raise UserError(f"recipe {RECIPE}, seed {first}: {failure.removeprefix('error: ')}")
    tried |= carry(tries[1:])
    best = {row: _best({f: tried[row, f, first] for f in row.variants()}) for row in rows}
    found = carry([(row, best[row], seed) for seed in others for row in rows])
    return [
        Found(
            row,
            best[row],
            {first: tried[row, best[row], first]} | {s: found[row, best[row], s] for s in others},
            {flags: tried[row, flags, first] for flags in row.variants()},
        )
        for row in rows
    ]


class Counter:
    """Tells of each training as it is done, and how many there are."""

    def __init__(self, total: int, say: Say) -> None:
        self._total, self._say, self._done = total, say, 0

    def __call__(self, row: Row, flags: Sequence[str], seed: int, result: Result) -> None:
        self._done += 1
        words = result.failure or (
            f"{result.plain:.2%}  flip TTA {result.tta:.2%}  {result.seconds:,.0f} s"
            f"{'  cached' if result.cached else ''}"
        )
        place = f"[{self._done:>{len(str(self._total))}}/{self._total}]"
        self._say(f"{place} {row.name:<16} seed {seed}  {words}  {' '.join(flags)}".rstrip())


Training = tuple[Row, tuple[str, ...], int]


def _all(
    train: Train, jobs: int, done: Counter, trainings: Iterable[Training]
) -> dict[Training, Result]:
    found: dict[Training, Result] = {}
    with ThreadPoolExecutor(jobs) as pool:
        futures: dict[Future[Result], Training] = {
            pool.submit(train, flags, seed): (row, flags, seed) for row, flags, seed in trainings
        }
        try:
            for future in as_completed(futures):
                found[futures[future]] = future.result()
                done(*futures[future], future.result())
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return found


def _best(results: dict[tuple[str, ...], Result]) -> tuple[str, ...]:
    """The flags with the highest plain accuracy; the first ones where all failed."""
    return max(results, key=lambda flags: results[flags].plain)
