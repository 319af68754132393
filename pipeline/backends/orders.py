"""Orders: what a worker is to be sent, from what lies in the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pipeline.backends.parcels import Input, Order, Parcel, content_of_group
from pipeline.execution import Task
from pipeline.group_execution import Group
from pipeline.mapping import Place
from pipeline.store.adoption import files_of
from pipeline.store.sequence import Items
from pipeline.store.store import Store


def make_order(
    work: Task | Group, store: Store, folder: tuple[str, str], run: str, channel: int
) -> Order | None:
    """The order of a task, or of a group of items, whose inputs lie in `store`.

    None where it cannot travel: an input holds items that refer to files outside of the store.
    """
    group = work if isinstance(work, Group) else None
    task = work.task if isinstance(work, Group) else work
    inputs = []
    for name in group.needed() if group else task.sources:
        record = store.manifest(task.sources[name])["outputs"][name]
        value = store.load(task.sources[name], name) if record["kind"] in WITH_FILES else None
        if not isinstance(value, Items):
            inputs.append(Input(name, record, value))
        elif value.refers:
            return None
        else:
            inputs.append(Input(name, record, groups=tuple(_groups(name, value, group))))
    task = replace(task, code={})
    tops = tuple(_tops(group, store)) if group else ()
    group = replace(group, task=task) if group else None
    return Order(task, tuple(inputs), folder, run, channel, group, tops)


WITH_FILES = ("files", "items")  # kinds that have more to them than lies in their own folder


def _groups(name: str, items: Items, group: Group | None) -> Iterable[str]:
    """The groups that hold the values of `items` that are needed."""
    numbers: Any = range(len(items))
    if group is not None and name in group.task.stage.over:
        places = [item.values[name] for item in group.items]
        numbers = [place.where for place in places if isinstance(place, Place)]
    return items.names_of_groups(numbers)


def _tops(group: Group, store: Store) -> Iterable[str]:
    """The folders in the store whose files are items of a group."""
    task = group.task
    for name in task.stage.over:
        if key := task.sources.get(name):
            record = store.manifest(key)["outputs"][name]
            if record["kind"] == "folder":
                yield str(store.folder(key).absolute() / record["file"])


def parcels_of(order: Order, store: Store) -> dict[str, Parcel]:
    """What an order needs, by content: the files of each parcel, where they lie here."""
    found: dict[str, Parcel] = {}
    for one in order.inputs:
        key = order.task.sources[one.name]
        if one.files is None:
            found[one.content] = _parcel_of(store, key, one)
        if one.groups:
            folders = {folder.name: folder for folder in store.load(key, one.name).groups}
            for group in one.groups:
                named = ((f"{group}/{name}", path) for name, path in files_of(folders[group]))
                found[content_of_group(group)] = tuple(named)
    for file in order.files:
        found[order.content_of(file)] = ((order.name_of(file), file.path),)
    return found


def _parcel_of(store: Store, key: Any, one: Input) -> Parcel:
    path = store.folder(key) / one.record["file"]
    if one.record["kind"] != "folder":
        return ((path.name, path),)
    return tuple((f"{path.name}/{name}", inner) for name, inner in files_of(path))
