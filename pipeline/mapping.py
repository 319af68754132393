"""Mapping: the items of a mapped stage, what identifies each, and which of them are to be run.

    value of an artifact       its items                      their labels
    list                       its values                     none
    dict                       its values                     keys
    array                      rows                           none
    dict of arrays (.npz)      arrays                         names
    Items                      values, one a result           those that its stage was mapped over
    Files, a folder            files, each as a `Path`        names; relative names

Several are mapped side by side, as `zip` does. Equal items are one: they are made once. An item
that moves, or that is taken away, costs nothing; the label is no part of what identifies it.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from pipeline.fingerprint import common_to_items, item_fingerprint
from pipeline.stage import Stage
from pipeline.store.digests import digest_json
from pipeline.store.files import File, Files
from pipeline.store.sequence import Items
from pipeline.store.store import Key, Store

Sources = Mapping[str, Key | Files]
KINDS = "a list, a dict, an array, Items, Files or a folder"


@dataclass(frozen=True)
class Item:
    """One item: its number, its fingerprint, the digests of what it is by argument, and that.

    What it is travels to other processes: a value, a `File`, or a `Place` in the whole artifact.
    """

    number: int
    fingerprint: str
    digests: Mapping[str, str]
    values: Mapping[str, Any]

    def arguments(self, whole: Mapping[str, Any]) -> dict[str, Any]:
        """What the function is called with. `whole` holds the artifacts by name."""
        return {name: _found(value, whole.get(name)) for name, value in self.values.items()}

    def files(self) -> tuple[File, ...]:
        """The files outside the store, or in it, that the item is."""
        return tuple(value for value in self.values.values() if isinstance(value, File))


@dataclass(frozen=True)
class Place:
    """Where an item is in the whole artifact: a row, a number, a key."""

    where: Any


@dataclass(frozen=True)
class Mapped:
    """The items of a mapped stage, in order, with what identifies the results of all alike."""

    common: str
    fields: Mapping[str, Any]
    items: Sequence[Item]
    labels: tuple[str, ...] | None = None

    def label(self, number: int) -> str:
        """What an item is called."""
        return self.labels[number] if self.labels else f"number {number}"


@dataclass
class Known:
    """The results of items that are stored: fingerprint → (number of the group, number in it).

    `refused` are those that are stored and cannot be used, with the reason in words.
    """

    groups: list[tuple[Path, Mapping[str, Any]]] = field(default_factory=list)
    results: dict[str, tuple[int, int]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def add(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        """Take in a group that is whole."""
        for number, item in enumerate(manifest["items"]):
            self.results[item["fingerprint"]] = len(self.groups), number
        self.groups.append((folder, manifest))


def mapped(stage: Stage, fields: Mapping[str, Any], keys: Sources, store: Store) -> Mapped:
    """The items of `stage`, whose fingerprint has these `fields`; `keys` are those of its inputs,
    or the inputs themselves where they are files.

    Raises `DataError` for what has no items, or where those that go side by side do not fit.
    """
    shared = common_to_items(fields)
    common = shared.digest
    columns = {name: _items_of(name, stage, keys, store) for name in stage.over}
    counts = {name: len(digests) for name, (_, digests, _) in columns.items()}
    labels = [found for found, _, _ in columns.values() if found is not None]
    if len(set(counts.values())) > 1 or any(one != labels[0] for one in labels):
        found = ", ".join(f"{count:,} of {name}" for name, count in counts.items())
        raise DataError(
            f"stage {stage.name}: expected items that go side by side to be as many, with the same "
            f"names, found {found}"
        )
    items = []
    for number in range(next(iter(counts.values()))):
        own = {name: digests[number] for name, (_, digests, _) in columns.items()}
        values = {name: values[number] for name, (_, _, values) in columns.items()}
        items.append(Item(number, item_fingerprint(common, own), own, values))
    return Mapped(common, shared.fields, items, labels[0] if labels else None)


def known_results(stage: Stage, mapped: Mapped, store: Store, changes: Any) -> Known:
    """What is stored of the items. `changes(stage, manifest)` says what else of it has changed."""
    known = Known()
    for folder in store.groups.of(stage.name, mapped.common):
        reason, manifest = store.groups.examine(folder)
        if manifest is None:
            continue
        if reason := reason or "; ".join(changes(stage, manifest)):
            known.refused |= {item["fingerprint"]: reason for item in manifest["items"]}
        else:
            known.add(folder, manifest)
    return known


Column = tuple[tuple[str, ...] | None, Sequence[str], Sequence[Any]]  # labels, digests, values


def _items_of(name: str, stage: Stage, keys: Sources, store: Store) -> Column:
    given = stage.lists.get(name, keys.get(name))
    if not isinstance(given, Key):
        return _of_value(given, name, stage)
    record = store.manifest(given)["outputs"][name]
    if record["kind"] == "folder":
        place = store.folder(given).absolute() / record["file"]
        found = {
            relative: File(place / relative, one["size"], one["sha256"])
            for relative, one in sorted(record["files"].items())
        }
        digests = [f"file {digest_json([label, f.sha256])}" for label, f in found.items()]
        return tuple(found), digests, list(found.values())
    return _of_value(store.load(given, name), name, stage)


def _of_value(value: Any, name: str, stage: Stage) -> Column:
    if isinstance(value, Items):
        return value.labels, value.digests, [Place(number) for number in range(len(value))]
    if isinstance(value, Files):
        return _names(value.files), [f"file {file.digest()}" for file in value.files], value.files
    if isinstance(value, list):
        return None, [digest_json(one) for one in value], value
    from pipeline.store.payloads import is_array
    from pipeline.store.serializers import serializer_of

    if is_array(value) and value.ndim:
        from pipeline.store.array_digests import digest_array

        digests = [f"array {digest_array(row)}" for row in value]
        return None, digests, [Place(number) for number in range(len(value))]
    if isinstance(value, dict) and serializer_of(value):
        from pipeline.store.array_digests import digest_array

        digests = [f"array {digest_array(array)}" for array in value.values()]
        return tuple(value), digests, [Place(key) for key in value]
    if isinstance(value, dict):
        return tuple(value), [digest_json(one) for one in value.values()], list(value.values())
    raise DataError(
        f"stage {stage.name}: over {name}: expected {KINDS}, found {type(value).__name__}"
    )


def _names(files: Sequence[File]) -> tuple[str, ...]:
    """The names of files; below the folder that they have in common, where some are the same."""
    names = [file.path.name for file in files]
    if len(set(names)) < len(names):
        top = os.path.commonpath([file.path.parent for file in files])
        names = [file.path.relative_to(top).as_posix() for file in files]
    return tuple(names)


def _found(value: Any, whole: Any) -> Any:
    if isinstance(value, Place):
        return whole[value.where]
    return value.path if isinstance(value, File) else copy.deepcopy(value)
