"""Garbage collection: delete what no kept result needs.

    roots      what a run was for, whichever program ran it: results of the last stages of its flow,
               of the stages that it was asked for, of a search; unless they are too old or too many
               bytes; everything that the current flags lead to, and what is protected
    kept       the roots and every result whose output some kept result took as input; groups of
               items that one of these refers to, or that an unfinished run has made
    dropped    the arrays of a search's trainings that nothing else needs, where that is asked for:
               their records stay
    deleted    all other results; what dead processes left; states of what has ended, or was not
               resumed for too long

Every manifest says why its result was made, so the store alone decides. A result of a newer version
of this program is left alone. Deleting starts with a rename, so that no half-deleted result is ever
seen.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.store.commit import discard
from pipeline.store.manifest import drop_outputs, is_newer
from pipeline.store.store import Key, Store
from pipeline.store.troubles import storage_errors
from pipeline.upkeep.item_groups import ItemGroups
from pipeline.upkeep.stored import Makers, Stored, look, size_of

DAY = 86_400.0
HELPERS = 3  # threads, beside the caller's
DEAD = "left by a process that died"
UNFINISHED = r"\.tmp-[0-9a-f]{1,32}-([0-9a-f]{8}(-old)?|removed)"
LEFT = (
    ("*/.tmp-*", UNFINISHED, DEAD),
    (".state/*/*/.tmp-*", UNFINISHED, DEAD),
    (".items/*/.tmp-*", UNFINISHED, DEAD),
    (".items/*/*/.tmp-*", UNFINISHED, DEAD),
    (".*.part", r"\.[0-9a-f]{16}\.part", DEAD),
    (".locks/*", r".+-[0-9a-f]{32}\.(lock|owner)", "nobody holds it"),
)


@dataclass(frozen=True)
class Removal:
    """Something to delete: where, how many bytes, why; `outputs` where only these of a result."""

    path: Path
    size: int
    reason: str
    outputs: tuple[str, ...] = ()


def plan_removals(
    store: Store,
    current: Iterable[Key],
    *,
    days: float | None = None,
    size: int | None = None,
    searches: bool = False,
    now: float | None = None,
    current_groups: Iterable[Path] = (),
    protected: Collection[str] = (),
) -> list[Removal]:
    """What a collection would delete. `current` are the keys that the current flags lead to, and
    `current_groups` the folders of the groups of items; `protected` are fingerprints that stay."""
    with storage_errors(store.root):
        results = [look(path) for path in store.results()]
    whole = [result for result in results if result.manifest]
    wanted = {store.folder(key) for key in current}
    oldest = 0.0 if days is None else (time.time() if now is None else now) - days * DAY
    makers, groups = Makers(whole), ItemGroups(store, current_groups)
    kept: set[Path] = set()
    total = groups.size
    safe = (r for r in whole if r.path in wanted or r.manifest["fingerprint"] in protected)
    total += groups.weigh(makers.reach(safe, kept))
    roots = sorted((r for r in whole if r.root and r.used >= oldest), key=lambda r: -r.used)
    drops = list(_drops(makers, roots, kept)) if searches else []
    freed = {drop.path: drop.size for drop in drops}
    for root in roots:  # those that were used longest ago last
        record_only = root.path in freed and root.path not in kept
        added = [root] if record_only else makers.reach([root], kept)
        kept.update(result.path for result in added)
        total += groups.weigh(added, freed)
        if size is not None and total > size:
            kept.difference_update(result.path for result in added)
            break
    removals = [
        Removal(r.path, r.size, _why(r, oldest))
        for r in results
        if r.path not in kept and (r.manifest or not is_newer(r.path))
    ]
    drops = [drop for drop in drops if drop.path in kept]
    states = _states(store, kept, wanted, oldest)
    left = set(store.root.glob(".state/*/*")) - {state.path for state in states}
    unneeded = groups.unneeded((r for r in whole if r.path in kept), left)
    removals += (Removal(path, size, "no kept result refers to it") for path, size in unneeded)
    removals += states
    doomed = {removal.path for removal in removals}
    left_alone = (r for r in _leftovers(store) if doomed.isdisjoint(r.path.parents))
    return [*removals, *drops, *left_alone]


def remove(store: Store, removals: Iterable[Removal]) -> None:
    """Carry out a collection. Call it with the exclusive lock held."""
    from concurrent.futures import Future, ThreadPoolExecutor  # here: they are slow to import

    rest, ended, helping = iter([*removals]), threading.Event(), list[Future[None]]()

    def work() -> None:
        try:
            while not ended.is_set() and (removal := next(rest, None)):
                _remove(removal)
        finally:
            ended.set()  # an error is one of all: nobody goes on with the rest

    # Threads, for most of the time goes into waiting for the disk, which does several at once.
    with storage_errors(store.root), ThreadPoolExecutor(HELPERS) as pool:
        try:
            with suppress(RuntimeError):  # where there may be no more threads, this one is enough
                helping.extend(pool.submit(work) for _ in range(HELPERS))
            work()
            for helper in helping:
                helper.result()
        finally:
            ended.set()  # and so is an interrupt


def _remove(removal: Removal) -> None:
    path = removal.path
    if removal.outputs:
        drop_outputs(path, removal.outputs)
    elif not path.is_dir():
        path.unlink(missing_ok=True)
    elif path.name.startswith("."):
        shutil.rmtree(path)
    else:
        discard(path)


def _why(result: Stored, oldest: float) -> str:
    """Why a result is deleted."""
    if not result.manifest:
        return "it is damaged"
    if not result.root:
        return "no kept result needs it"
    return "unused for too many days" if result.used < oldest else "the longest unused, for space"


def _drops(makers: Makers, roots: Iterable[Stored], kept: set[Path]) -> Iterator[Removal]:
    """The arrays of a search's results that no other kept result was made from."""
    roots, needed = list(roots), set(kept)
    makers.reach((root for root in roots if root.root != "search"), needed)
    for root in roots:
        if root.root == "search" and root.path not in needed and not root.dropped:
            arrays = {n: o for n, o in root.manifest["outputs"].items() if o["kind"] == "array"}
            if arrays:
                size = sum(output["size"] for output in arrays.values())
                yield Removal(root.path, size, "a search made it; its record stays", tuple(arrays))


def _states(store: Store, kept: set[Path], wanted: set[Path], oldest: float) -> list[Removal]:
    """States of results that are stored, and those that nobody has resumed for too long."""
    found = []
    for path in store.root.glob(".state/*/*"):
        result = store.root / path.parent.name / path.name
        if result in kept:
            found.append((path, "its computation has ended"))
        elif result not in wanted and path.stat().st_mtime < oldest:
            found.append((path, "its computation was not resumed"))
    return [Removal(path, size_of(path), reason) for path, reason in found]


def _leftovers(store: Store) -> list[Removal]:
    """What dead processes left: files and folders of exactly the names that they are given."""
    found: list[Removal] = []
    for pattern, name, reason in LEFT:
        paths = (path for path in store.root.glob(pattern) if re.fullmatch(name, path.name))
        found += (Removal(path, size_of(path), reason) for path in paths)
    return found
