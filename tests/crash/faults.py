"""Faults: the n-th file operation fails, for every n, once or from then on.

After each, and after SQLite's example (https://www.sqlite.org/testing.html, 3.1 and 3.2):

    the command has failed with the error that stands for the fault, or done all its work
    nothing that looks whole is not so
    the same command, undisturbed, ends in the same bytes, and `gc` finds everything else

A full disk (ENOSPC) refuses what takes room; a broken one (EIO) refuses anything.
"""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError, CorruptArtifact, StorageError
from pipeline.store.store import Store
from tests.crash.scenarios import Scenario
from tests.crash.tally import Tally
from tests.crash.watch import CHANGES, LOOKS, Operation, Watcher, watching

REFUSED = {
    errno.ENOSPC: {"create", "write", "fsync", "mkdir", "rename"},
    errno.EIO: CHANGES | LOOKS,
}


@dataclass
class Fault(Watcher):
    """Fails the n-th operation that it may fail (counted from 1), and with `lasting` all after."""

    n: int
    number: int
    lasting: bool
    count: int = 0
    refused: Operation | None = None

    def before(self, operation: Operation) -> None:
        if operation.kind not in REFUSED[self.number]:
            return
        self.count += 1
        if self.count == self.n or (self.lasting and self.count > self.n):
            self.refused = self.refused or operation
            raise OSError(self.number, os.strerror(self.number), operation.path)


def every_fault(
    scenario: Scenario, folder: Path, number: int, lasting: bool, start: int = 1, stride: int = 1
) -> Tally:
    """Fail operations start, start + stride, … until one run meets no fault any more."""
    tally = Tally()
    n = start
    while True:
        base = folder / f"{scenario.name}-{errno.errorcode[number]}-{lasting:d}-{n}"
        base.mkdir(parents=True)
        scenario.prepare(scenario, base)
        fault = Fault(n, number, lasting)
        end, problems = _run(scenario, base, fault)
        if fault.refused is None:
            shutil.rmtree(base)
            return tally
        tally.counts[end] += 1
        problems += scenario.wrong(base)
        problems += scenario.heal(base)
        what = f"{fault.refused.kind} {fault.refused.path.removeprefix(str(base))}"
        tally.wrong += [f"{base.name}: {what}: {problem}" for problem in problems]
        shutil.rmtree(base)
        n += stride


def _run(scenario: Scenario, base: Path, fault: Fault) -> tuple[str, list[str]]:
    """How a run under a fault ended, and what was wrong about that."""
    with watching(base, fault):
        try:
            scenario.run(base)
        except Exception as error:
            return _reported(error, fault)
    store = Store(base / "artifacts")
    missing = [f"success without {key}" for key in scenario.expected if store.damage(key)]
    return "carried on", missing


def _reported(error: Exception, fault: Fault) -> tuple[str, list[str]]:
    full = fault.number == errno.ENOSPC
    if isinstance(error, StorageError) and full:
        return "reported: no space", []
    if isinstance(error, CorruptArtifact) and not full:
        return "reported: unreadable", []
    if isinstance(error, OSError | ConfigError) and not full:
        named = os.strerror(fault.number) in str(error)
        return "reported: broken", [] if named else [f"misnamed: {error!r}"]
    return "undeclared", [f"undeclared: {error!r}"]
