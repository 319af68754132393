"""A campaign: many inputs through the decoders, in some processes, and what became of them."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.decoders import Decoder, load
from tests.fuzz.guard import MEMORY, Guard, Hang, peak

BATCH = 400
SHOWN = 3  # findings kept of a batch


@dataclass
class Tally:
    """What became of the inputs of one decoder. `slowest` and `findings` name inputs by number."""

    accepted: int = 0
    refused: int = 0
    slowest: tuple[float, int] = (0.0, 0)
    peak: int = 0
    undeclared: int = 0
    findings: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in what another batch found."""
        self.accepted += other.accepted
        self.refused += other.refused
        self.undeclared += other.undeclared
        self.slowest = max(self.slowest, other.slowest)
        self.peak = max(self.peak, other.peak)
        self.findings += other.findings


def case(decoder: Decoder, name: str, seed: int, number: int) -> Any:
    """An input, made from nothing but its name and numbers."""
    return decoder.make(Random(f"{name}/{seed}/{number}"))


def batch(name: str, seed: int, numbers: Iterable[int], guard: Guard) -> Tally:
    """Feed inputs to a decoder, and note what it made of them."""
    decoder, tally = load()[name], Tally()
    before = guard.surroundings()
    peak(reset=True)
    for number in numbers:
        guard.note(f"{name} {number}")
        made = case(decoder, name, seed, number)
        started = time.process_time()
        finding = ""
        try:
            with guard.watch(decoder.reads_anywhere):
                accepted = decoder.read(made, guard.folder)
        except decoder.declared:
            accepted = False
        except (Exception, Hang):
            accepted, finding = False, traceback.format_exc(limit=-6)
        tally.slowest = max(tally.slowest, (time.process_time() - started, number))
        if guard.offences:
            finding = f"offences: {guard.offences[:5]}"
        if finding:
            tally.undeclared += 1
            tally.findings += [(number, finding)] if len(tally.findings) < SHOWN else []
        elif accepted:
            tally.accepted += 1
        else:
            tally.refused += 1
    tally.peak = peak()
    changed = {path for path, _ in before.items() ^ guard.surroundings().items()}
    if changed:
        tally.undeclared += 1
        tally.findings.append((-1, f"in {numbers}: changed beside the folder: {sorted(changed)}"))
    return tally


def campaign(
    names: Iterable[str], inputs: int, seed: int, seconds: float, processes: int
) -> dict[str, Tally]:
    """About `inputs` inputs, shared out among the decoders, or as many as `seconds` allow."""
    decoders = {name: decoder for name, decoder in load().items() if name in names}
    tallies = {name: Tally() for name in decoders}
    with tempfile.TemporaryDirectory(dir=_fast()) as folder:
        work = _work(decoders, inputs)
        ended = time.monotonic() + seconds
        context = get_context("spawn")
        with ProcessPoolExecutor(processes, context, _start, (folder,)) as pool:
            running: dict[Future[Tally], str] = {}
            total, done = sum(_counts(decoders, inputs).values()), 0
            while True:
                if time.monotonic() < ended:
                    for name, numbers in islice(work, 2 * processes - len(running)):
                        running[pool.submit(_task, name, seed, numbers)] = name
                if not running:
                    return tallies
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    name = running.pop(future)
                    try:
                        tallies[name].add(future.result())
                    except Exception as error:
                        marks = sorted(Path(folder).glob("*/now"))
                        last = "; ".join(mark.read_text() for mark in marks)
                        raise SystemExit(
                            f"a process died ({error}); it was reading: {last}"
                        ) from error
                    done += BATCH
                if sys.stderr.isatty():
                    print(f"\r{min(done, total):,} of {total:,} inputs", end="", file=sys.stderr)


def table(tallies: dict[str, Tally]) -> str:
    """A line for each decoder."""
    from pipeline.cli.display import align

    rows = [["decoder", "inputs", "accepted", "refused", "undeclared", "slowest", "peak memory"]]
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    for name, tally in {**tallies, "all": total}.items():
        count = tally.accepted + tally.refused + tally.undeclared
        counts = [f"{n:,}" for n in (count, tally.accepted, tally.refused, tally.undeclared)]
        rows.append([name, *counts, f"{tally.slowest[0]:.3f} s", f"{tally.peak >> 20} MiB"])
    return align(rows, right=range(1, 7))


def _counts(decoders: dict[str, Decoder], inputs: int) -> dict[str, int]:
    shares = sum(decoder.share for decoder in decoders.values())
    return {name: -(-inputs * decoder.share // shares) for name, decoder in decoders.items()}


def _work(decoders: dict[str, Decoder], inputs: int) -> Iterator[tuple[str, range]]:
    """Batches of all decoders in turn, so that a campaign cut short has seen them all."""
    left = {name: iter(range(0, count, BATCH)) for name, count in _counts(decoders, inputs).items()}
    counts = _counts(decoders, inputs)
    while left:
        for name in list(left):
            start = next(left[name], None)
            if start is None:
                del left[name]
            else:
                yield name, range(start, min(start + BATCH, counts[name]))


_guard: Guard | None = None


def _start(folder: str) -> None:
    """What a process does first: everything is imported before anything is watched."""
    global _guard
    sys.dont_write_bytecode = True
    load()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)  # what C libraries have to say of damaged images
    root = Path(folder) / str(os.getpid())
    root.mkdir()
    _guard = Guard(root)
    _guard.settle(MEMORY)


def _task(name: str, seed: int, numbers: range) -> Tally:
    return batch(name, seed, numbers, _guard)


def _fast() -> str | None:
    """A folder in memory, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
