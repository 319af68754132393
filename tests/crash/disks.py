"""Disks: what a crash may leave of the steps of a journal, laid out as files."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.crash.journal import HALF, HALF_ZEROS, KEPT, LOST, OF_DATA, STALE, ZEROS, Step

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
