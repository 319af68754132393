"""Items: the results of a mapped stage, one for each item, read one by one.

    tokens = run(PIPELINE)["tokens"]
    tokens[0], len(tokens), tokens.labels       for tokens_of_one in tokens: …

What lies in `<output>.items.json`:

    output    whose values these are
    place     the folder of the groups that hold them, from the root of the store
    labels    names of the items (of files, or keys), or null
    groups    [name, {file: [size, mtime_ns]}, whether values refer to files outside the store]
    items     [number of the group, number in the group, content digest]
"""

from __future__ import annotations

import json
import mmap
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.digest_cache import DigestCache, is_sha256
from pipeline.store.digests import digest_json
from pipeline.store.group_records import read_group
from pipeline.store.groups import Groups
from pipeline.store.payloads import decoded
from pipeline.store.trees import is_relative
from pipeline.store.values import read_value

OPEN = 16  # groups that are held open


class Items(Sequence[Any]):
    """Values in the order of the items, loaded when they are asked for and not kept.

    `labels` are the names of the items (of files, keys of a dict), None where they have none.
    `digests` are those of the values. A slice is a list of values.
    """

    def __init__(self, document: Mapping[str, Any], path: Path, root: Path) -> None:
        self._document, self._path, self._root = document, path, root
        self.labels: tuple[str, ...] | None = None
        if document["labels"] is not None:
            self.labels = tuple(document["labels"])
        self._items = document["items"]
        self._open: OrderedDict[int, _Group] = OrderedDict()

    @classmethod
    def read(cls, path: Path, root: Path) -> Items:
        """The items in a file of the store at `root`. `ValueError` for anything else."""
        document = json.loads(path.read_bytes())
        if not _well_formed(document):
            raise ValueError("expected the items of a mapped stage")
        return cls(document, path, root)

    @property
    def digests(self) -> list[str]:
        """The content digests of the values, in order."""
        return [digest for _, _, digest in self._items]

    @property
    def groups(self) -> list[Path]:
        """The folders of the groups that hold the values."""
        return [self._folder(number) for number in range(len(self._document["groups"]))]

    def named(self) -> Iterator[tuple[str, Any]]:
        """(label, value) of each item; where items have no labels, their numbers as text."""
        for number, value in enumerate(self):
            yield self.labels[number] if self.labels else str(number), value

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        group, place, _ = self._items[number]
        return self._group(group).value(place, self._document["output"])

    def __repr__(self) -> str:
        return f"<{len(self):,} items of {self._document['output']}>"

    def __reduce__(self) -> Any:
        return Items.read, (self._path, self._root)

    def check(self, cache: DigestCache | None = None) -> str | None:
        """Why values cannot be used, by sizes and times of files; None where all can."""
        for number, (_, files, refers) in enumerate(self._document["groups"]):
            folder = self._folder(number)
            if any(_changed(f"{folder}/{name}", known) for name, known in files.items()):
                reason = Groups(self._root, cache or DigestCache(folder)).examine(folder)[0]
                if reason:
                    return f"a group of items: {reason}"
            if refers and (reason := self._group(number).check(self._document["output"], cache)):
                return reason
        return None

    def _folder(self, number: int) -> Path:
        return self._root / self._document["place"] / self._document["groups"][number][0]

    def _group(self, number: int) -> _Group:
        if number not in self._open:
            while len(self._open) >= OPEN:
                self._open.popitem(last=False)
            self._open[number] = _Group(self._folder(number))
        return self._open[number]


class _Group:
    """A group that is open, and the packs in it that are mapped."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._manifest = folder, read_group(folder)
        self._packs: dict[str, Any] = {}

    def value(self, place: int, output: str) -> Any:
        try:
            record = self._manifest["items"][place]["outputs"][output]
            if "entry" in record:
                return read_value(self._folder, self._manifest["outputs"][record["entry"]])
            start = record["offset"]
            return decoded(record, self._pack(output)[start : start + record["size"]])
        except (ValueError, LookupError, RecursionError, OSError) as error:
            for path in self._folder.iterdir():  # the next command reads all of it before
                os.utime(path)
            raise CorruptArtifact(f"{self._folder}: {output} is damaged ({error})") from error

    def check(self, output: str, cache: DigestCache | None) -> str | None:
        """Why files outside the store that values refer to are not what they were."""
        for place, item in enumerate(self._manifest["items"]):
            refers = item["outputs"][output]["kind"] == "files"
            if refers and (reason := self.value(place, output).check(cache)):
                return reason
        return None

    def _pack(self, output: str) -> memoryview:
        if output not in self._packs:
            with open(self._folder / f"{output}.pack", "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size != self._manifest["outputs"][output]["size"]:
                    raise ValueError(f"expected another size than {size}")
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
                self._packs[output] = memoryview(mapped)
        return self._packs[output]


def check_items(folder: Path, record: Mapping[str, Any], cache: DigestCache) -> str | None:
    """Why the items that a result of a mapped stage refers to cannot be used; None: they can."""
    try:
        return read_items(folder, record).check(cache)
    except CorruptArtifact as error:
        return str(error)


def read_items(folder: Path, record: Mapping[str, Any]) -> Items:
    """The items that a result of a mapped stage refers to. Raises `CorruptArtifact`."""
    path = folder / record["file"]
    try:
        return Items.read(path, folder.parent.parent)
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptArtifact(f"{path}: it is damaged ({error})") from error


def items_digest(labels: Sequence[str] | None, digests: Sequence[str]) -> str:
    """The content digest of items: of their values in order, and of their labels."""
    return digest_json(["items", None if labels is None else list(labels), list(digests)])


def _changed(path: str, known: Sequence[int]) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return True
    size, time = known
    return status.st_size != size or (time != 0 and status.st_mtime_ns != time)


def _well_formed(document: Any) -> bool:
    try:
        groups, labels = document["groups"], document["labels"]
        return (
            is_relative(document["place"])
            and isinstance(document["output"], str)
            and all(
                is_relative(name) and all(map(is_relative, files)) and type(refers) is bool
                for name, files, refers in groups
            )
            and all(
                0 <= g < len(groups) and n >= 0 and is_sha256(d) for g, n, d in document["items"]
            )
            and (labels is None or len(labels) == len(document["items"]))
        )
    except (TypeError, KeyError, ValueError):
        return False
