"""Item plan: which items of a mapped stage are to be run, and why, counted for one line.

12 of 10,000 items run: 3 changed, 9 new
10,000 of 10,000 items run: parameter keep: 100 → 200
4,200 of 10,000 items run: the last run did not finish
0 of 10,000 items run: others are gone, or in another order
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.fingerprint import common_to_items, differences
from pipeline.mapping import Item, Known, Mapped, Sources, known_results, mapped
from pipeline.stage import Stage
from pipeline.store.sequence import read_items
from pipeline.store.store import Key, Store

CHANGED, NEW = "changed", "new"
UNFINISHED = "the last run did not finish"
FEWER = "others are gone, or in another order"

Changes = Callable[[Stage, Mapping[str, Any]], tuple[str, ...]]


@dataclass(frozen=True)
class ItemPlan:
    """The items of a mapped stage, and those that are to be run: each once, where some are equal.

    `why` lists their labels by reason; `line` is the whole in one line, `details` are the reasons
    that all have in common, `stored` the groups that hold the others' results.
    """

    mapped: Mapped
    missing: tuple[Item, ...]
    why: Mapping[str, tuple[str, ...]]
    details: tuple[str, ...]
    stored: tuple[Path, ...]

    @property
    def line(self) -> str:
        """How many run, and why."""
        counts = [
            f"{len(labels):,}{' ' if reason in (CHANGED, NEW) else ': '}{reason}"
            for reason, labels in self.why.items()
        ]
        why = [", ".join(counts)] if counts else list(self.details[:1] or [FEWER])
        return f"{len(self.missing):,} of {len(self.mapped.items):,} items run: {why[0]}"

    @property
    def reasons(self) -> tuple[str, ...]:
        """The line, and what else there is to say."""
        return (self.line, *(self.details if self.why else self.details[1:]))


def plan_items(
    stage: Stage,
    fields: Mapping[str, Any],
    keys: Sources,
    store: Store,
    changes: Changes,
    nearest: Mapping[str, Any] | None,
    reasons: tuple[str, ...],
) -> ItemPlan:
    """Look at the items of `stage` (see `mapped`) and at what is stored of them.

    `nearest` is the manifest of the stored variant that differs least, `reasons` are those for
    which the stage as a whole is to run.
    """
    found = mapped(stage, fields, keys, store)
    known = known_results(stage, found, store, changes)
    missing = missing_of(found, known)
    places = (known.results.get(item.fingerprint) for item in found.items)
    used = {place[0] for place in places if place}
    stored = tuple(known.groups[number][0] for number in sorted(used))
    details = _shared(nearest, found) if nearest else ()
    why: dict[str, tuple[str, ...]] = {}
    if not details and nearest and missing:
        why = _why(found, missing, known, _items_of(nearest, store))
    elif not details:
        whole = UNFINISHED if known.results and missing else FEWER if known.results else reasons[0]
        details = (whole,)
    return ItemPlan(found, missing, why, details, stored)


def missing_of(found: Mapped, known: Known) -> tuple[Item, ...]:
    """The items whose results are not known, each once."""
    needed = {item.fingerprint: item for item in reversed(found.items)}
    missing = [item for item in needed.values() if item.fingerprint not in known.results]
    return tuple(sorted(missing, key=lambda item: item.number))


def _shared(nearest: Mapping[str, Any], found: Mapped) -> tuple[str, ...]:
    """How what all items have in common differs from what it was."""
    old = nearest["fields"]
    if not old.get("over"):
        return ("it is mapped now",)
    before = common_to_items(old)
    if before.digest == found.common:
        return ()
    return tuple(differences(before.fields, found.fields)) or ("what identifies it changed",)


def _items_of(nearest: Mapping[str, Any], store: Store) -> tuple[int, set[str] | None]:
    """How many items a stored result has, and their labels."""
    key = Key(nearest["fields"]["stage"], nearest["fingerprint"])
    for record in nearest["outputs"].values():
        try:
            items = read_items(store.folder(key), record)
        except CorruptArtifact:
            break
        return len(items), None if items.labels is None else set(items.labels)
    return 0, None


def _why(
    found: Mapped, missing: tuple[Item, ...], known: Known, before: tuple[int, set[str] | None]
) -> dict[str, tuple[str, ...]]:
    """The labels of the items that are to be run, by reason.

    Without labels an item cannot be distinguished from the one that stood in its place: so many are
    new as there are more now.
    """
    count, labels = before
    why: dict[str, list[str]] = {CHANGED: [], NEW: []}
    for item in missing:
        label = found.label(item.number)
        if reason := known.refused.get(item.fingerprint):
            why.setdefault(reason, []).append(label)
        elif labels is not None and found.labels is not None:
            why[CHANGED if label in labels else NEW].append(label)
        else:
            why[CHANGED if item.number < count else NEW].append(label)
    return {reason: tuple(labels) for reason, labels in why.items() if labels}
