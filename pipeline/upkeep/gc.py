"""Garbage collection: delete what no kept result needs.

    roots      results of the last stages of the flow, unless they are too old or too many bytes;
               and everything that the current flags lead to
    kept       the roots and every result whose output some kept result took as input
    deleted    all other results; what dead processes left; states of what has ended, or was not
               gone on with for too long

Results refer to their inputs by content, so the chain behind a model can be followed from manifest
to manifest. Deleting starts with a rename, so a half-deleted result is never seen.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact, MissingArtifact
from pipeline.graph import Pipeline
from pipeline.store.durable import storage_errors
from pipeline.store.manifest import read_manifest
from pipeline.store.store import Key, Store

DAY = 86_400.0
DEAD = "left by a process that died"
UNFINISHED = r"\.tmp-[0-9a-f]{1,32}-([0-9a-f]{8}(-old)?|removed)"
LEFT = (
    ("*/.tmp-*", UNFINISHED, DEAD),
    (".state/*/*/.tmp-*", UNFINISHED, DEAD),
    (".*.part", r"\.[0-9a-f]{16}\.part", DEAD),
    (".locks/*", r".+-[0-9a-f]{32}\.(lock|owner)", "nobody holds it"),
)


@dataclass(frozen=True)
class Stored:
    """A stored result as the collector sees it; `manifest` is None where it is damaged."""

    path: Path
    manifest: Mapping[str, Any] | None
    size: int
    used: float


@dataclass(frozen=True)
class Removal:
    """Something to delete: where, how many bytes, why."""

    path: Path
    size: int
    reason: str


def plan_removals(
    store: Store,
    pipeline: Pipeline,
    current: Iterable[Key],
    *,
    days: float | None = None,
    size: int | None = None,
    now: float | None = None,
) -> list[Removal]:
    """What a collection would delete. `current` are the keys that the current flags lead to."""
    with storage_errors(store.root):
        results = [_look(path) for path in store.results()]
    whole = [result for result in results if result.manifest]
    wanted = {store.folder(key) for key in current}
    protected = [result for result in whole if result.path in wanted]
    oldest = 0.0 if days is None else (time.time() if now is None else now) - days * DAY
    roots = [root for root in _roots(whole, pipeline) if root.used >= oldest]
    kept = reach(whole, [*protected, *roots])
    while size is not None and roots and sum(r.size for r in whole if r.path in kept) > size:
        roots = roots[1:]  # the one that was used longest ago
        kept = reach(whole, [*protected, *roots])
    removals = [
        Removal(r.path, r.size, "no kept result needs it" if r.manifest else "it is damaged")
        for r in results
        if r.path not in kept
    ]
    return [*removals, *_states(store, kept, wanted, oldest), *_leftovers(store)]


def remove(store: Store, removals: Iterable[Removal]) -> None:
    """Carry out a collection. Call it with the exclusive lock held."""
    with storage_errors(store.root):
        for removal in removals:
            doomed = removal.path.with_name(f".tmp-{removal.path.name}-removed")
            if removal.path.is_dir() and not removal.path.name.startswith("."):
                removal.path.rename(doomed)
                shutil.rmtree(doomed)
            elif removal.path.is_dir():
                shutil.rmtree(removal.path)
            else:
                removal.path.unlink(missing_ok=True)


def reach(results: Iterable[Stored], roots: Iterable[Stored]) -> set[Path]:
    """The folders of the roots and of all results that they were made from."""
    makers: dict[str, list[Stored]] = {}
    for result in results:
        for name in result.manifest["outputs"]:
            makers.setdefault(name, []).append(result)
    kept: set[Path] = set()
    waiting = list(roots)
    while waiting:
        result = waiting.pop()
        if result.path not in kept:
            kept.add(result.path)
            inputs = result.manifest["fields"].get("inputs", {})
            waiting += (m for name in inputs for m in makers.get(name, ()) if _made(m, inputs))
    return kept


def _made(maker: Stored, inputs: Mapping[str, str]) -> bool:
    """Whether all outputs that are among these inputs have the content that they have there."""
    outputs = maker.manifest["outputs"]
    return all(
        inputs.get(name, output["digest"]) == output["digest"] for name, output in outputs.items()
    )


def _roots(results: Iterable[Stored], pipeline: Pipeline) -> list[Stored]:
    """Results of stages whose outputs no stage takes, the one used longest ago first."""
    taken = {name for stage in pipeline.stages.values() for name in stage.inputs}
    last = {s.name for s in pipeline.stages.values() if not taken & set(s.outputs)}
    return sorted((r for r in results if r.path.parent.name in last), key=lambda r: r.used)


def _look(path: Path) -> Stored:
    try:
        manifest = read_manifest(path)
    except (CorruptArtifact, MissingArtifact):  # not what cannot be read now: it may be whole
        manifest = None
    return Stored(path, manifest, _size(path), path.stat().st_mtime)


def _states(store: Store, kept: set[Path], wanted: set[Path], oldest: float) -> list[Removal]:
    """States of results that are stored, and those that nobody has gone on with for too long."""
    found = []
    for path in store.root.glob(".state/*/*"):
        result = store.root / path.parent.name / path.name
        if result in kept:
            found.append((path, "its computation has ended"))
        elif result not in wanted and path.stat().st_mtime < oldest:
            found.append((path, "its computation was not gone on with"))
    return [Removal(path, _size(path), reason) for path, reason in found]


def _leftovers(store: Store) -> list[Removal]:
    """What dead processes left: files and folders of exactly the names that they are given."""
    found = []
    for pattern, name, reason in LEFT:
        paths = (path for path in store.root.glob(pattern) if re.fullmatch(name, path.name))
        found += (Removal(path, _size(path), reason) for path in paths)
    return found


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
