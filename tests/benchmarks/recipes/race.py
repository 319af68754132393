"""Trainings side by side: an epoch of each contestant, then the next one of each.

So whatever else the machine does meets all of them alike, and ratios within a turn tell more than
either figure. Accuracies are looked up after each epoch, on the test images and outside the clock;
nothing is chosen by them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.recipes.contestant import KINDS, Contestant, Missing
from tests.benchmarks.recipes.products import operations
from tests.benchmarks.recipes.script import Script
from tests.benchmarks.recipes.task import Task

MODES = "eager", "compile"  # of a script
REST = 0.3  # seconds before a turn: the threads of the one before spin on for some time
Make = Callable[[], Any]  # what starts a contestant


def contestants(
    task: Task, path: Path, kinds: Sequence[str], script: Path | None
) -> dict[str, Make]:
    """What starts each, by its name: these kinds, and the script in both of its modes."""
    found: dict[str, Make] = {kind: lambda kind=kind: Contestant(kind, path) for kind in kinds}
    for mode in MODES if script else ():
        given = script, mode, task.epochs, task.values["source"]
        found[f"naive, {mode}"] = lambda given=given: Script(*given)
    return found


def measure(
    task: Task,
    folder: Path,
    seeds: list[int],
    kinds: Sequence[str] = tuple(KINDS),
    script: Path | None = None,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train with each seed; by contestant: start-up, and of each epoch seconds, loss, accuracies.

    say: what is told how far it is. Contestants whose library is missing are named as such.
    """
    path = folder / f"{task.name}.json"
    task.write(path)
    makers = contestants(task, path, kinds, script)
    found: dict[str, Any] = {
        "parameters": task.values,
        "operations": operations(task),
        "missing": [],
        "started": {},
        "trainings": [],
    }
    with started(makers, found, say) as present:
        for number, seed in enumerate(seeds):
            if number:  # a script trains once
                present = {k: one for k, one in present.items() if isinstance(one, Contestant)}
            for one in present.values():
                one.begin(seed)
            found["trainings"].append(train(present, task.epochs, f"{task.name}, seed {seed}", say))
    return found


@contextmanager
def started(
    makers: dict[str, Make], found: dict[str, Any], say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """The contestants that there are, one started after the other; all are ended with the block."""
    with ExitStack() as stack:
        present = {}
        for kind, make in makers.items():
            try:
                present[kind] = make()
            except Missing:
                found["missing"].append(kind)
                continue
            stack.callback(present[kind].close)
            found["started"][kind] = present[kind].started
            say(f"{kind}: ready after {present[kind].started:.1f} s")
        yield present


def train(
    present: dict[str, Any], epochs: int, title: str, say: Callable[[str], None]
) -> dict[str, list[dict[str, Any]]]:
    """A training of each; who begins a turn moves on."""
    turns: dict[str, list[dict[str, Any]]] = {kind: [] for kind in present}
    for epoch in range(epochs):
        names = list(present)
        first = epoch % len(names)
        for kind in names[first:] + names[:first]:
            time.sleep(REST)
            turn = present[kind].epoch(epoch)
            turns[kind].append({**turn, "accuracies": present[kind].score()})
        shown = (f"{kind} {own[-1]['seconds']:.2f} s" for kind, own in turns.items())
        say(f"{title}, epoch {epoch + 1} of {epochs}: {', '.join(shown)}")
    return turns
