"""Parcels: what goes to a worker that has no folder in common with us, and what comes back.

    Order      a task, and where its inputs are known by their content
    Missing    the answer of a worker that lacks some of them
    Made       the answer of one that has made the result: the files of its folder
    Failed     the answer where a stage has found a mistake of the user's
    Unfit      the answer where the result is of no use elsewhere: it refers to files of the worker

An input is known by a digest of its content, so a worker gets it once, whichever stage or trial
needs it. What comes is verified on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.execution import Task
from pipeline.store.adoption import files_of
from pipeline.store.files import File, Files
from pipeline.store.store import Store

Piece = tuple[str, int, bytes, bool]  # of a parcel: file, offset, bytes, whether it is the last


@dataclass(frozen=True)
class Input:
    """An input of a task: its record in the manifest of the stage that has made it.

    `files` is its value where that refers to files outside of the store.
    """

    name: str
    record: Mapping[str, Any]
    files: Files | None = None

    @property
    def content(self) -> str:
        """What it is known by."""
        return f"{self.record['digest']}-{self.record['file']}"


@dataclass(frozen=True)
class Order:
    """A task for a worker. `folder` is our store and what shows that it is the worker's, too.

    `run` and `channel` say whose it is; `enclosed` are parcels by content, for workers that cannot
    be addressed.
    """

    task: Task
    inputs: tuple[Input, ...]
    folder: tuple[str, str]
    run: str
    channel: int
    enclosed: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)

    @property
    def files(self) -> Iterator[File]:
        """The files outside of the store that the task reads."""
        for value in [one.files for one in self.inputs] + list(self.task.parameters.values()):
            yield from value.files if isinstance(value, Files) else ()


@dataclass(frozen=True)
class Missing:
    """What a worker lacks, by content, and the worker's address, where it has one."""

    contents: tuple[str, ...]
    worker: str = ""


@dataclass(frozen=True)
class Made:
    """The files of a result, by their names in its folder."""

    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Failed:
    """A mistake of the user's that a stage has found: no trouble of the worker's."""

    error: UserError


@dataclass(frozen=True)
class Unfit:
    """Why a result is of no use where it was not made."""

    reason: str


def make_order(task: Task, store: Store, folder: tuple[str, str], run: str, channel: int) -> Order:
    """The order of a task whose inputs lie in `store`."""
    inputs = []
    for name, key in task.sources.items():
        record = store.manifest(key)["outputs"][name]
        value = store.load(key, name) if record["kind"] == "files" else None
        inputs.append(Input(name, record, value))
    return Order(replace(task, code={}), tuple(inputs), folder, run, channel)


def can_travel(task: Task, store: Store) -> bool:
    """Whether the inputs of a task can be sent: those that refer to groups of items cannot."""
    records = (store.manifest(key)["outputs"][name] for name, key in task.sources.items())
    return all(record["kind"] != "items" for record in records)


def contents_of(order: Order, store: Store) -> dict[str, Path]:
    """Where what an order needs lies here: a file or a folder, by content."""
    found = {}
    for one in order.inputs:
        if one.files is None:
            folder = store.folder(order.task.sources[one.name])
            found[one.content] = folder / one.record["file"]
    return found | {content_of(file): file.path for file in order.files}


def content_of(file: File) -> str:
    """What a file outside of the store is known by."""
    return f"{file.sha256}-{file.path.name}"


def pieces(path: Path, size: int) -> Iterator[Piece]:
    """The files of a parcel in pieces of at most `size` bytes: (name, offset, bytes, last of all).

    A parcel that is one file has the name "" for it.
    """
    named = [("", path)] if path.is_file() else list(files_of(path))
    for place, (name, file) in enumerate(named):
        with open(file, "rb") as stream:
            offset, data = 0, stream.read(size)
            while True:
                following = stream.read(size)
                yield name, offset, data, not following and place == len(named) - 1
                if not following:
                    break
                offset, data = offset + len(data), following
