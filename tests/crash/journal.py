"""Journal: what a program did to a file system, and the disks that a crash may leave of it.

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
import random
from collections.abc import Iterator, Sequence
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


Disk = dict[str, tuple[bytes | None, int]]  # path → content (None: a folder) and time


def unsynced(steps: Sequence[Step]) -> list[int]:
    """The indices of the steps that no fsync has followed."""
    synced: set[int] = set()
    found = []
    for index in reversed(range(len(steps))):
        step = steps[index]
        if step.kind == "sync":
            synced.add(step.node)
        elif step.kind in ("name", "unname", "move"):
            if step.parent not in synced:
                found.append(index)
        elif step.node not in synced:
            found.append(index)
    return found[::-1]


def disk(steps: Sequence[Step], fates: dict[int, str]) -> Disk:
    """The disk after the steps; `fates` says what became of those that were not synced."""
    names: dict[int, dict[str, int]] = {0: {}}
    contents: dict[int, bytearray] = {}
    times: dict[int, int] = {}
    for index, step in enumerate(steps):
        fate = fates.get(index, KEPT)
        if step.kind == "name" and step.is_folder:
            names[step.node] = {}
        elif step.kind == "name":
            contents[step.node] = bytearray()
        elif step.kind == "write":
            _put(contents[step.node], step, fate)
        times[step.node] = step.time or times.get(step.node, 0)
        if fate == LOST:
            continue
        here = names.get(step.parent, {})
        if step.kind == "name":
            here[step.name] = step.node
        elif step.kind == "unname" and here.get(step.name) == step.node:
            del here[step.name]
        elif step.kind == "move" and here.get(step.name) == step.node:
            names[step.target][step.renamed] = here.pop(step.name)
        elif step.kind == "cut":
            contents[step.node].clear()
    found: Disk = {}

    def collect(folder: int, prefix: str) -> None:
        for name, node in names[folder].items():
            found[prefix + name] = (None if node in names else bytes(contents[node]), times[node])
            if node in names:
                collect(node, f"{prefix}{name}/")

    collect(0, "")
    return found


def _put(content: bytearray, step: Step, fate: str) -> None:
    size = len(step.data)
    half = size // 2
    data = {
        KEPT: step.data,
        LOST: b"",
        ZEROS: bytes(size),
        HALF: step.data[:half],
        HALF_ZEROS: step.data[:half] + bytes(size - half),
        STALE: random.Random(size).randbytes(size),
    }[fate]
    if data:
        content.extend(bytes(max(step.offset - len(content), 0)))
        content[step.offset : step.offset + len(data)] = data


def crashes(steps: Sequence[Step], draws: int, seed: str) -> Iterator[dict[int, str]]:
    """Fates of the steps that were not synced: the telling ones, then `draws` at random."""
    pending = unsynced(steps)
    rng = random.Random(seed)

    def fates(names: str, data: str) -> dict[int, str]:
        return {i: data if steps[i].kind == "write" else names for i in pending}

    yield from (fates(KEPT, data) for data in OF_DATA)
    yield from (fates(LOST, data) for data in (KEPT, LOST))
    for index in pending[-4:]:
        yield {**fates(LOST, LOST), index: KEPT}
        yield {**fates(KEPT, KEPT), index: LOST}
    for _ in range(draws):
        yield {i: rng.choice(steps[i].fates) for i in pending}


def write_disk(state: Disk, base: Path) -> None:
    """Lay a disk out in the empty folder `base`."""
    for name, (content, _) in state.items():
        path = base / name
        path.mkdir() if content is None else path.write_bytes(content)
    for name, (_, time) in reversed(state.items()):
        if time:
            os.utime(base / name, ns=(time, time))
