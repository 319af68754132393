"""Machine: the power goes out after every step of a run, and leaves what a disk may then hold.

For each disk (see journal.py): nothing that looks whole may be wrong; what was promised must be
there (a result that a command went on from, a state that a stage went on from); the same command
ends in the same bytes. On every tenth disk that command is watched as well, and crashes too.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.store.store import Key, Store
from tests.crash.disks import Disk, crashes, disk, write_disk
from tests.crash.journal import Journal, Step
from tests.crash.scenarios import Scenario
from tests.crash.tally import Tally
from tests.crash.watch import watching

DRAWS = 8  # random disks for each step, beside the telling ones
AGAIN = 10


Progress = tuple[int, int] | None  # how far a state came; None: the result is there
Promises = dict[Key, Progress]


@dataclass(frozen=True)
class Recording:
    """What a run did to the disk, what it took for safe when, and what was there before it."""

    steps: list[Step]
    start: int
    promises: list[tuple[int, Key, Progress]]  # from which step on, for which result


def record(scenario: Scenario, base: Path) -> Recording:
    """Run the scenario on what lies in `base`, and watch."""
    journal = Journal(base)
    promises: list[tuple[int, Key, Progress]] = []
    with watching(base, journal):
        scenario.run(base, lambda store: _listen(store, journal, promises))
    return Recording(journal.steps, journal.start, promises)


class Crashes:
    """Looks at what crashes of a scenario leave, at each disk once, in folders below `folder`."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario, self.folder, self.tally = scenario, folder, Tally()
        self._numbers = itertools.count()

    def explore(
        self, made: Recording, start: int = 0, stride: int = 1, draws: int = DRAWS, seed: int = 0
    ) -> Tally:
        """Crash after the steps start, start + stride, … of a run; `seed` draws other disks."""
        for step in range(made.start + start, len(made.steps) + 1, stride):
            self.tally.counts["steps"] += 1
            past, where = made.steps[:step], f"{self.scenario.name}, step {step}"
            kept = _latest(made.promises, step)
            for number, fates in enumerate(crashes(past, draws, f"{where}, {seed}")):
                state = disk(past, fates)
                new = self._examine(state, kept, f"{where}, disk {number}")
                if new and len(self.tally.seen) % AGAIN == 0:
                    self._crash_again(state, kept, f"{where}, disk {number}")
        return self.tally

    def _crash_again(self, state: Disk, kept: Promises, where: str) -> None:
        """Crash once, anywhere, while the command recovers from a crash."""
        base = self._lay_out(state)
        made = record(self.scenario, base)
        shutil.rmtree(base)
        rng = random.Random(where)
        step = rng.randint(made.start, len(made.steps))
        fates = rng.choice(list(crashes(made.steps[:step], DRAWS, where)))
        kept = kept | _latest(made.promises, step)
        self._examine(disk(made.steps[:step], fates), kept, f"{where}, again after step {step}")

    def _examine(self, state: Disk, promises: Promises, where: str) -> bool:
        """Check a disk, unless the same one was checked for the same promises."""
        self.tally.counts["disks"] += 1
        text = repr((sorted(state.items()), sorted(promises.items(), key=str)))
        if (mark := hashlib.sha256(text.encode()).digest()) in self.tally.seen:
            return False
        self.tally.seen.add(mark)
        base = self._lay_out(state)
        problems = [*_broken(promises, base), *self.scenario.wrong(base)]
        problems += self.scenario.heal(base)
        self.tally.wrong += [f"{where}: {problem}" for problem in problems]
        shutil.rmtree(base)
        return True

    def _lay_out(self, state: Disk) -> Path:
        base = self.folder / f"{self.scenario.name}-{next(self._numbers)}"
        base.mkdir(parents=True)
        write_disk(state, base)
        return base


def _listen(store: Store, journal: Journal, promises: list[tuple[int, Key, Progress]]) -> None:
    """Note when the store says that a state or a result is safe."""
    save, drop = store.states.save, store.states.drop

    def save_state(key: Key, arrays: Any, record: Any, *more: Any) -> None:
        save(key, arrays, record, *more)
        promises.append((len(journal.steps), key, _progress(record)))

    def drop_state(key: Key) -> None:  # called when the result is stored
        promises.append((len(journal.steps), key, None))
        drop(key)

    store.states.save, store.states.drop = save_state, drop_state


def _progress(record: Any) -> Progress:
    return record.get("epoch", 0), record["step"]


def _latest(promises: list[tuple[int, Key, Progress]], step: int) -> Promises:
    return {key: progress for made, key, progress in promises if made <= step}


def _broken(promises: Promises, base: Path) -> list[str]:
    """The promises that the store in `base` does not keep."""
    store = Store(base / "artifacts")
    found = []
    for key, progress in promises.items():
        if (damage := store.damage(key)) is None:
            continue
        state = store.states.load(key)
        if progress is None:
            found.append(f"the result {key} was safe, and is lost: {damage}")
        elif state is None or _progress(state[1]) < progress:
            found.append(f"the state of {key} at {progress} was safe, and is lost")
    return found
