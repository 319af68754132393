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
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.digest_cache import DigestCache, is_sha256
from pipeline.store.digests import digest_json
from pipeline.store.groups import Groups
from pipeline.store.open_group import OpenGroup
from pipeline.store.trees import is_relative
from pipeline.store.troubles import is_of_reader

OPEN = 16  # groups that are held open


class Items(Sequence[Any]):
    """Values in the order of the items, loaded when they are asked for and not kept.

    `labels` are the names of the items (of files, keys of a dict), None where they have none.
    `digests` are those of the values. A slice is a list of values.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        path: Path,
        root: Path,
        folders: Mapping[str, Path] | None = None,
    ) -> None:
        self._document, self._path, self._root = document, path, root
        self._folders = folders or {}
        self.labels: tuple[str, ...] | None = None
        if document["labels"] is not None:
            self.labels = tuple(document["labels"])
        self._items = document["items"]
        self._open: OrderedDict[int, OpenGroup] = OrderedDict()

    @classmethod
    def read(cls, path: Path, root: Path, folders: Mapping[str, Path] | None = None) -> Items:
        """The items in a file of the store at `root`. `ValueError` for anything else.

        `folders` are those of groups that lie elsewhere, by name.
        """
        document = json.loads(path.read_bytes())
        if not _well_formed(document):
            raise ValueError("expected the items of a mapped stage")
        return cls(document, path, root, folders)

    @property
    def digests(self) -> list[str]:
        """The content digests of the values, in order."""
        return [digest for _, _, digest in self._items]

    @property
    def groups(self) -> list[Path]:
        """The folders of the groups that hold the values."""
        return [self._folder(number) for number in range(len(self._document["groups"]))]

    @property
    def refers(self) -> bool:
        """Whether values refer to files outside of the store."""
        return any(refers for _, _, refers in self._document["groups"])

    def names_of_groups(self, numbers: Iterable[int]) -> list[str]:
        """The names of the groups that hold the values of these numbers."""
        used = sorted({self._items[number][0] for number in numbers})
        return [self._document["groups"][number][0] for number in used]

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
        return Items.read, (self._path, self._root, dict(self._folders))

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
        name = self._document["groups"][number][0]
        return self._folders.get(name) or self._root / self._document["place"] / name

    def _group(self, number: int) -> OpenGroup:
        if number not in self._open:
            while len(self._open) >= OPEN:
                self._open.popitem(last=False)
            self._open[number] = OpenGroup(self._folder(number))
        return self._open[number]


def check_items(folder: Path, record: Mapping[str, Any], cache: DigestCache) -> str | None:
    """Why the items that a result of a mapped stage refers to cannot be used; None: they can."""
    try:
        return read_items(folder, record).check(cache)
    except CorruptArtifact as error:
        return str(error)


def read_items(folder: Path, record: Mapping[str, Any]) -> Items:
    """The items that a result of a mapped stage refers to. Raises as `read_value`."""
    path = folder / record["file"]
    try:
        return Items.read(path, folder.parent.parent)
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, OSError) and is_of_reader(error):
            raise
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
