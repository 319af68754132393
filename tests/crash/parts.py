"""The parts of the campaign, each in a size, with the counts that it adds up.

faults      each file operation fails (faults.py)
crashes     the power goes out after each step (machine.py)
kills       the real program is killed (kills.py)
crowd       many real programs at once (crowd.py)
alike       one model per seed, whatever the workers and the executor (alike.py)
calls       each call of the C library fails, below all that Python sees (preload.py)
limits      few threads and processes may be started (preload.py)
network     servers whose answers never end (network.py)
overhead    what it costs that nothing is lost (overhead.py)
"""

from __future__ import annotations

import errno
import itertools
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash import alike, crowd, network, overhead, preload
from tests.crash.faults import every_fault
from tests.crash.kills import many_lives
from tests.crash.machine import Crashes, Recording, record
from tests.crash.scenarios import SCENARIOS
from tests.crash.tally import Tally

PROCESSES = 2
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


@dataclass(frozen=True)
class Size:
    """How much of everything: every `stride`-th operation, `draws` random disks after each."""

    stride: int
    draws: int
    kills: int
    starts: int
    processes: int
    seeds: int
    images: int
    epochs: int
    rounds: int


SHORT = Size(15, 2, kills=6, starts=1, processes=6, seeds=1, images=1000, epochs=2, rounds=1)
FULL = Size(
    1, 12, kills=1000, starts=10, processes=100, seeds=20, images=50_000, epochs=10, rounds=5
)


def faults(folder: Path, size: Size, seed: int) -> Iterator[Tally]:
    """Fail every operation of every scenario, with each error, once and from then on."""
    tasks = [
        (name, number, lasting, 1 + seed % size.stride, size.stride)
        for name in SCENARIOS
        for number in (errno.EIO, errno.ENOSPC)
        for lasting in (False, True)
    ]
    yield from _in_processes(_faults, tasks)


def _faults(name: str, number: int, lasting: bool, start: int, stride: int) -> Tally:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        scenario = SCENARIOS[name].learn(Path(folder) / "learn")
        tally = every_fault(scenario, Path(folder), number, lasting, start, stride)
    return Tally.of([tally], f"{name}: {errno.errorcode[number]}, ")


def crashes(folder: Path, size: Size, seed: int) -> Iterator[Tally]:
    """Crash after every step of every scenario."""
    tasks = []
    for name, scenario in SCENARIOS.items():
        (home := folder / name).mkdir(parents=True)
        scenario.prepare(scenario, home)
        made = record(scenario, home)
        stride = PROCESSES * size.stride
        starts = {(seed + size.stride * i) % stride for i in range(PROCESSES)}
        tasks += [(name, made, start, stride, size.draws, seed) for start in starts]
    yield from _in_processes(_crashes, tasks)


def _crashes(name: str, made: Recording, *how: int) -> Tally:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        scenario = SCENARIOS[name].learn(Path(folder) / "learn")
        tally = Crashes(scenario, Path(folder)).explore(made, *how)
    tally.counts["different disks"] = len(tally.seen)
    return Tally.of([tally], f"{name}: ")


def kills(folder: Path, size: Size, seed: int) -> Iterator[Tally]:
    """Kill the real program, wherever it is."""
    yield many_lives(folder, size.kills, seed=seed)


def crowds(folder: Path, size: Size, seed: int) -> Iterator[Tally]:
    """Start many real programs at once; then kill those who work."""
    expected = crowd.alone(folder)
    for number in range(size.starts):
        yield crowd.cold_start(folder / f"cold{number}", size.processes, expected)
        few = max(size.processes // 5, 4)
        yield crowd.killed_holders(
            folder / f"killed{number}", few, expected, kills=few // 2, seed=seed + number
        )


def likeness(folder: Path, size: Size, seed: int) -> Iterator[Tally]:
    """Train one seed with every number of workers and every executor; then another seed."""
    for number, kind in itertools.product(range(size.seeds), alike.NETWORKS):
        one = seed * size.seeds + number
        yield alike.all_ways(folder / f"{kind} {one}", one, kind)


def calls(folder: Path, size: Size, seed: int) -> Iterator[Tally]:
    """Fail every call with EIO, ENOSPC and EINTR, every 20th with ten other errnos."""
    yield from preload.calls(folder, size.stride, 20 * size.stride)


def limits(folder: Path, size: Size, seed: int) -> Iterator[Tally]:
    """Let the program start 1 to 64 threads and processes."""
    yield from preload.limits(folder, range(1, 65, 4 * size.stride - 3))


def endless(folder: Path, size: Size, seed: int) -> Iterator[Tally]:
    """Download from servers whose answers never end."""
    yield network.longest(list(network.every_answer(folder, network.CASES[:: size.stride])))


def cost(folder: Path, size: Size, seed: int) -> Iterator[Tally]:
    """Measure what it costs a training that nothing is lost."""
    yield Tally(figures=overhead.measure(folder, size.images, size.epochs, size.rounds))


PARTS = {
    "faults": faults,
    "crashes": crashes,
    "kills": kills,
    "crowd": crowds,
    "alike": likeness,
    "calls": calls,
    "limits": limits,
    "network": endless,
    "overhead": cost,
}


def _in_processes(task: Callable[..., Tally], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Tally]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context) as pool:
        yield from pool.map(task, *zip(*tasks, strict=True))


class Campaign:
    """Carries out parts, again and again if need be, each time with another seed."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder, self.size = folder, size
        self._tallies: dict[str, Tally] = {}
        self._seconds: dict[str, float] = {}
        self._seeds = itertools.count()

    def carry_out(self, name: str) -> None:
        """Carry out a part, and add what it finds to what it found before."""
        seed, started = next(self._seeds), time.monotonic()
        (folder := self.folder / f"{name}{seed}").mkdir(parents=True)
        tallies = PARTS[name](folder, self.size, seed)
        self._tallies[name] = Tally.of([self._tallies.get(name, Tally()), *tallies])
        self._seconds[name] = self._seconds.get(name, 0.0) + time.monotonic() - started

    def table(self) -> Iterator[tuple[str, str, str]]:
        """Rows of part, what was counted or measured, how often or how much."""
        for name, tally in self._tallies.items():
            yield name, "seconds", f"{self._seconds[name]:,.0f}"
            for what, count in sorted(tally.counts.items()):
                yield "", what, f"{count:,}"
            for what, figure in tally.figures.items():
                yield "", what, figure
            yield "", "WRONG", f"{len(tally.wrong):,}"
        faults, crashes = (self._tallies.get(name, Tally()) for name in ("faults", "crashes"))
        injected = sum(faults.counts.values()) + len(crashes.seen)
        yield "in all", "injected states, no two alike", f"{injected:,}"
        yield "", "WRONG", f"{len(self.wrong()):,}"

    def wrong(self) -> list[str]:
        """All that was wrong, and where."""
        return [problem for tally in self._tallies.values() for problem in tally.wrong]
