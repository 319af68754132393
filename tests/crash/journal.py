"""Journal: what a program did to a file system, and what a crash may leave of it (disks.py).

A watched run is recorded as steps. A crash after the n-th step leaves every step that an fsync has
followed: of the file, for what was written to it; of the folder, for the names in it. Each of the
others has reached the disk or not, alone and in any order:

    a name (made, renamed, removed)   there or not; a rename does both of its halves or none
    bytes written to a file           there, not there, zeros in their place, the first half of
                                      them with nothing or zeros after it, or what lay on the disk

This is the model of ALICE (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014) and
of SQLite's crash tests (https://www.sqlite.org/testing.html, 3.3). It is as hard as POSIX allows
and harder than ext4 and XFS, which keep the order of names, and whose fsync of a new file keeps its
name too. Zeros and missing ends are what delayed allocation leaves; old content, data=writeback. A
lost file keeps the time of its last write, so no time can give it away. What no file system
does is left out: a step never depends on one that was lost (a file in a folder that is not there).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.crash.watch import REAL, Operation, Watcher

KEPT, LOST, ZEROS, HALF, HALF_ZEROS, STALE = "kept", "lost", "zeros", "half", "half zeros", "stale"
OF_DATA = (KEPT, LOST, ZEROS, HALF, HALF_ZEROS, STALE)
OF_NAMES = (KEPT, LOST)


@dataclass(frozen=True)
class Step:
    """One change. Files and folders (`node`) have numbers, which outlive their names.

    `kind` is name, move, unname (in folder `parent`; a move to `target`, `renamed`), write, cut
    (to no bytes), time, or sync.
    """

    kind: str
    node: int
    parent: int = 0
    name: str = ""
    target: int = 0
    renamed: str = ""
    offset: int = 0
    data: bytes = b""
    time: int = 0
    is_folder: bool = False

    @property
    def fates(self) -> Sequence[str]:
        """What may become of the step in a crash, while it is not synced."""
        return OF_DATA if self.kind == "write" else OF_NAMES


class Journal(Watcher):
    """Records the steps of a run on `base`, which counts as safe on the disk as it is found."""

    def __init__(self, base: Path) -> None:
        self.base = os.path.realpath(base)
        self.steps: list[Step] = []
        self._nodes: dict[str, int] = {self.base: 0}
        for path in sorted(Path(self.base).rglob("*")):
            self._name(str(path), path.is_dir())
            if path.is_file():
                self._write(str(path), 0, path.read_bytes())
        self.steps += [Step("sync", node) for node in self._nodes.values()]
        self.start = len(self.steps)

    def after(self, operation: Operation) -> None:
        """Translate the operation into a step."""
        path, kind = operation.path, operation.kind
        if kind in ("create", "mkdir"):
            self._name(path, kind == "mkdir")
        elif kind == "rename":
            self._move(path, operation.target)
        elif kind in ("unlink", "rmdir"):
            self.steps.append(Step("unname", self._nodes.pop(path), *self._place(path)))
        elif kind == "write":
            self._write(path, operation.offset, operation.data)
        elif kind in ("truncate", "utime") and path in self._nodes:
            step = "cut" if kind == "truncate" else "time"
            self.steps.append(Step(step, self._nodes[path], time=_time(path)))
        elif kind == "fsync":
            self.steps.append(Step("sync", self._nodes[path]))

    def _place(self, path: str) -> tuple[int, str]:
        folder, name = os.path.split(path)
        return self._nodes[folder], name

    def _name(self, path: str, is_folder: bool) -> None:
        node = self._nodes[path] = len(self.steps) + 1
        self.steps.append(Step("name", node, *self._place(path), is_folder=is_folder))

    def _move(self, path: str, target: str) -> None:
        places = *self._place(path), *self._place(target)
        self.steps.append(Step("move", self._nodes[path], *places))
        for old in [old for old in self._nodes if f"{old}/".startswith(f"{target}/")]:
            del self._nodes[old]
        for old in [old for old in self._nodes if f"{old}/".startswith(f"{path}/")]:
            self._nodes[target + old[len(path) :]] = self._nodes.pop(old)

    def _write(self, path: str, offset: int, data: bytes) -> None:
        step = Step("write", self._nodes[path], offset=offset, data=data, time=_time(path))
        self.steps.append(step)


def _time(path: str) -> int:
    return REAL["stat"](path).st_mtime_ns
