"""Parcels: what goes to a worker that has no folder in common with us, and what comes back.

    Order      a task, or a group of items, and where its inputs are known by their content
    Missing    the answer of a worker that lacks some of them
    Made       the answer of one that has made the result: the files of its folder
    Failed     the answer where a stage has found a mistake of the user's
    Unfit      the answer where the result is of no use elsewhere: it refers to files of the worker

An input is known by a digest of its content, so a worker gets it once, whichever stage or trial
needs it. What comes is verified on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.execution import Task
from pipeline.group_execution import Done, Group
from pipeline.store.digests import digest_json
from pipeline.store.files import File, Files

Parcel = tuple[tuple[str, Path], ...]  # names in it, and where these files lie
Piece = tuple[str, int, bytes, bool]  # of a parcel: name, offset, bytes, whether it is the last


@dataclass(frozen=True)
class Input:
    """An input of a task: its record in the manifest of the stage that has made it.

    `files` is its value where that refers to files outside of the store; `groups` are the names of
    those that hold the values that are needed, where it is the result of a mapped stage.
    """

    name: str
    record: Mapping[str, Any]
    files: Files | None = None
    groups: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """What it is known by. Equal items may lie in other groups: there the bytes count."""
        kind = "sha256" if self.record["kind"] == "items" else "digest"
        return digest_json(["input", self.record[kind], self.record["file"]])

    @property
    def contents(self) -> list[str]:
        """All that must have been sent, so that it can be loaded."""
        own = [self.content] if self.files is None else []
        return own + [content_of_group(name) for name in self.groups]


@dataclass(frozen=True)
class Order:
    """A task for a worker, or a group of items. `folder` is our store and what shows that it is the
    worker's, too; `tops` are folders in it whose files are items.

    `run` and `channel` say whose it is; `enclosed` are parcels by content, for workers that cannot
    be addressed; `worker` is the address of one that has been sent what it lacked.
    """

    task: Task
    inputs: tuple[Input, ...]
    folder: tuple[str, str]
    run: str
    channel: int
    group: Group | None = None
    tops: tuple[str, ...] = ()
    enclosed: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)
    worker: str = ""

    @property
    def files(self) -> Iterator[File]:
        """The files that are read, but for those of inputs that the store holds."""
        for value in [one.files for one in self.inputs] + list(self.task.parameters.values()):
            yield from value.files if isinstance(value, Files) else ()
        for item in self.group.items if self.group else ():
            yield from item.files()

    def name_of(self, file: File) -> str:
        """What counts of a file's path: its name; where it is an item, all from its folder on."""
        for top in self.tops:
            if file.path.is_relative_to(top):
                return file.path.relative_to(Path(top).parent).as_posix()
        return file.name

    def content_of(self, file: File) -> str:
        """What one of these files is known by."""
        return digest_json(["file", file.sha256, self.name_of(file)])


@dataclass(frozen=True)
class Missing:
    """What a worker lacks, by content, and the worker's address, where it has one."""

    contents: tuple[str, ...]
    worker: str = ""


@dataclass(frozen=True)
class Made:
    """The files of a result, by their names in its folder; `done` is what became of a group."""

    files: Mapping[str, bytes]
    done: Done | None = None


@dataclass(frozen=True)
class Failed:
    """A mistake of the user's that a stage has found: no trouble of the worker's."""

    error: UserError


@dataclass(frozen=True)
class Unfit:
    """Why a result is of no use where it was not made."""

    reason: str


def content_of_group(name: str) -> str:
    """What a group of items is known by: its name is drawn, and nobody else has it."""
    return digest_json(["group", name])


def pieces(parcel: Parcel, size: int) -> Iterator[Piece]:
    """The files of a parcel in pieces of at most `size` bytes: (name, offset, bytes, last of all).

    A parcel without files is one piece without a name.
    """
    if not parcel:
        yield "", 0, b"", True
    for place, (name, file) in enumerate(parcel):
        with open(file, "rb") as stream:
            offset, data = 0, stream.read(size)
            while True:
                following = stream.read(size)
                yield name, offset, data, not following and place == len(parcel) - 1
                if not following:
                    break
                offset, data = offset + len(data), following


def shipments(
    parcels: Iterable[tuple[str, Parcel]], size: int
) -> Iterator[list[tuple[str, Piece]]]:
    """Pieces of parcels, with the content that each belongs to, about `size` bytes at a time."""
    batch, total = list[tuple[str, Piece]](), 0
    for content, parcel in parcels:
        for piece in pieces(parcel, size):
            if batch and total + len(piece[2]) > size:
                yield batch
                batch, total = [], 0
            batch.append((content, piece))
            total += len(piece[2])
    if batch:
        yield batch
