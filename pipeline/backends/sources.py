"""Sources: where a worker finds the inputs of an order: in a common folder, or in its scratch."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.backends.parcels import Order, content_of
from pipeline.backends.scratch import Scratch
from pipeline.errors import DataError
from pipeline.store.durable import replacing
from pipeline.store.files import File, Files, identify
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
        files = [file for file in self._order.files if not self._is_here(file)]
        return [*(one.content for one in inputs if one.files is None), *map(content_of, files)]

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

    def _moved(self, files: Files) -> Files:
        place: Callable[[File], File] = self._scratch.file
        return Files(tuple(file if self._is_here(file) else place(file) for file in files.files))

    def _is_here(self, file: File) -> bool:
        with suppress(DataError):
            return identify(file.path, cache=self._scratch.store.cache).files == (file,)
        return False


def _common_store(root: str, word: str) -> Store | None:
    """The store of who sent the order, where its folder is here, too."""
    with suppress(OSError):
        if (Path(root) / IDENTITY).read_text("ascii", "replace") == word:
            return Store(Path(root))
    return None
