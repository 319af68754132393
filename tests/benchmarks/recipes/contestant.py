"""A contestant: a process of its own that trains a recipe, epoch by epoch, when it is told to.

    python -m tests.benchmarks.recipes.contestant KIND TASK

So none disturbs another's threads. Each line on stdin is a JSON list, each line on stdout the JSON
answer: `["begin", SEED]`, `["epoch", NUMBER]` → seconds, loss, images; `["score"]` → accuracies.
When it is ready (compiled, data in memory), it says so. Seconds are measured here, without scores.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.recipes.process import Ended, Process
from tests.benchmarks.recipes.task import Task


def ours(task: Task, kernels: str | None = None) -> Any:
    from tests.benchmarks.recipes.ours import Ours

    return Ours(task, kernels=kernels)


def torch(task: Task, compiled: bool) -> Any:
    from tests.benchmarks.recipes.torch_flow import TorchFlow

    return TorchFlow(task, compiled)


def products(task: Task) -> Any:
    from tests.benchmarks.recipes.products import Products

    return Products(task)


OURS, NUMBA, TORCH, COMPILED = "ours", "ours, numba", "torch, eager", "torch, compiled"
PRODUCTS = "products alone"
KINDS: dict[str, Callable[[Task], Any]] = {
    OURS: ours,
    NUMBA: lambda task: ours(task, "numba"),
    TORCH: lambda task: torch(task, False),
    COMPILED: lambda task: torch(task, True),
    PRODUCTS: products,
}
# Memory of large arrays is kept, not given back and faulted in anew in each step; and compilation
# is measured, not that somebody compiled the same before.
MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}
COLD = {"TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}

LACKING = "No module named 'torch'", "needs the package numba"


class Missing(Exception):
    """A contestant whose library is not installed."""


class Contestant:
    """The process, seen from outside; started: seconds until it was ready to train."""

    def __init__(self, kind: str, task: Path) -> None:
        begin = time.perf_counter()
        extra = {**MEMORY, **COLD} if kind.startswith("torch") else {}
        command = ["-m", "tests.benchmarks.recipes.contestant", kind, str(task)]
        self._process = Process(command, {**os.environ, **extra})
        self._learns = kind != PRODUCTS
        try:
            self._process.line()
        except Ended as ended:
            self.close()
            if any(word in str(ended) for word in LACKING):
                raise Missing(kind) from None
            raise
        self.started = time.perf_counter() - begin

    def begin(self, seed: int) -> None:
        """Make a new network; the program's own workers start with its first epoch."""
        self._call("begin", seed)

    def epoch(self, epoch: int) -> dict[str, float]:
        """Train for one: seconds, loss, images."""
        return self._call("epoch", epoch)

    def score(self) -> list[float] | None:
        """Accuracies on the test images, plain and with flip TTA; None: it learns nothing."""
        return self._call("score") if self._learns else None

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _call(self, *words: Any) -> Any:
        self._process.say(json.dumps(words))
        return json.loads(self._process.line())


def main(kind: str, path: str) -> None:
    """Answer each line on stdin, until it ends."""
    contestant = KINDS[kind](Task.read(Path(path)))
    answer: Any = None
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        what, *given = json.loads(line)
        begin = time.perf_counter()
        answer = getattr(contestant, what)(*given)
        if what == "epoch":
            loss, images = answer
            seconds = time.perf_counter() - begin
            answer = {"seconds": seconds, "loss": loss, "images": images}
        print(json.dumps(answer), flush=True)
    contestant.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
