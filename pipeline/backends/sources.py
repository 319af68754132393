"""Sources: where a worker finds the inputs of an order: in a common folder, or in its scratch."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.backends.parcels import Order
from pipeline.backends.scratch import Scratch
from pipeline.group_execution import Group
from pipeline.mapping import Item
from pipeline.store.durable import replacing
from pipeline.store.files import File, Files
from pipeline.store.store import Store

IDENTITY = ".identity"


def identity(store: Store) -> tuple[str, str]:
    """The folder of a store and a word that lies in it, by which another machine knows it."""
    path = store.root / IDENTITY
    if not path.exists():
        with replacing(path) as file:
            file.write(secrets.token_hex(16).encode())
    return str(store.root.absolute()), path.read_text("ascii", "replace")


class Sources:
    """The inputs of one order."""

    def __init__(self, order: Order, scratch: Scratch) -> None:
        self._order, self._scratch = order, scratch
        self._common = _common_store(*order.folder)

    def needed(self) -> list[str]:
        """The contents that must be in the scratch."""
        inputs = () if self._common else self._order.inputs
        with self._scratch.store.cache.together():
            files = [file for file in self._order.files if not self._is_here(file)]
        own = [content for one in inputs for content in one.contents]
        return [*own, *map(self._order.content_of, files)]

    def load(self, name: str) -> Any:
        """The value of an input, by its name."""
        one = next(one for one in self._order.inputs if one.name == name)
        if one.files is not None:
            return self._moved(one.files)
        if self._common:
            return self._common.load(self._order.task.sources[name], name)
        return self._scratch.load(one)

    def parameters(self) -> dict[str, Any]:
        """The parameters of the task, with files where they lie here."""
        given = self._order.task.parameters.items()
        return {name: self._moved(v) if isinstance(v, Files) else v for name, v in given}

    def items(self, group: Group) -> tuple[Item, ...]:
        """The items of a group, with files where they lie here."""
        with self._scratch.store.cache.together():
            return tuple(replace(item, values=self._values(item.values)) for item in group.items)

    def _values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {n: self._place(v) if isinstance(v, File) else v for n, v in values.items()}

    def _moved(self, files: Files) -> Files:
        return Files(tuple(map(self._place, files.files)))

    def _place(self, file: File) -> File:
        if self._is_here(file):
            return file
        name, content = self._order.name_of(file), self._order.content_of(file)
        return self._scratch.file(content, name, file)

    def _is_here(self, file: File) -> bool:
        return file.check(self._scratch.store.cache) is None


def _common_store(root: str, word: str) -> Store | None:
    """The store of who sent the order, where its folder is here, too."""
    with suppress(OSError):
        if (Path(root) / IDENTITY).read_text("ascii", "replace") == word:
            return Store(Path(root))
    return None
