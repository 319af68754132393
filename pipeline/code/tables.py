"""The tables of modules (see symbols.py), remembered while their files do not change.

Parsing the sources of a project takes a good part of a second, and most commands find all of them
as they were. A cache keeps each table with the stamp of the source: size, modification and change
time, inode. A source written less than 2 s before it was read is not remembered, for it could be
written again within one tick of the clock. A cache that another Python or another version of the
analysis has made counts as empty. In the file each table is a text, taken apart when it is needed.
A store that has no cache yet finds the framework's own sources in one of the user's (own.py).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.code.entry import EMPTY, Table
from pipeline.code.modules import Module
from pipeline.code.own import is_own, read_own, write_own
from pipeline.errors import CodeError
from pipeline.store.cache import read_cache, write_cache
from pipeline.store.digest_cache import SETTLED_NS

_ANALYSIS = (
    *("symbols.py", "references.py", "scopes.py", "syntax.py", "clean.py", "nature.py"),
    *("entry.py", "entries.py", "bytecode.py"),
)
# Of this process: what other indexes have found, for stores of which nothing is remembered yet.
_FOUND: dict[str, list[Any]] = {}


class Tables:
    """The table of each module, read at most once in the life of this object."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._known: dict[str, list[Any]] | None = None
        self._own: dict[str, list[Any]] | None = None
        self._version = _version()
        self._tables: dict[Module, Table] = {}
        self._news: dict[str, list[Any]] = {}
        self.stamps: dict[Module, list[int]] = {}  # of the sources that have been read

    def __getitem__(self, module: Module) -> Table:
        if module not in self._tables:
            self._tables[module] = self._table(module, module.path) if module.path else EMPTY
        return self._tables[module]

    def save(self) -> None:
        """Write down what has been learnt since the last time, if anything was."""
        if not self._cache or not self._news:
            return
        self._known = _of_now(self._load()) | self._news
        write_cache(self._cache, [self._version, self._known])
        own = {path: entry for path, entry in self._news.items() if is_own(path)}
        if any(self._load_own().get(path) != entry for path, entry in own.items()):
            self._own = _of_now(self._load_own()) | own
            write_own("tables", [self._version, self._own])
        self._news = {}

    def _table(self, module: Module, source: Path) -> Table:
        self.stamps[module] = found = stamp(source)
        path = str(source)
        for entry, news in self._remembered(path):
            match entry:
                case [known, module.name, str(text)] if known == found and (table := _taken(text)):
                    if news:
                        self._news[path] = _FOUND[path] = entry
                    return table
        from pipeline.code.symbols import scan  # imported here: most commands find all as it was

        read_ns = time.time_ns()
        table = scan(source.read_bytes(), module.name, module.folder is not None)
        settled = read_ns - max(found[1], found[2]) >= SETTLED_NS
        if settled and stamp(source) == found:
            text = json.dumps(table, separators=(",", ":"))
            self._news[path] = _FOUND[path] = [found, module.name, text]
        return table

    def _remembered(self, path: str) -> Iterator[tuple[Any, bool]]:
        """What is known of a source, and whether that is news to the cache."""
        yield self._load().get(path), False
        yield _FOUND.get(path), True
        if self._cache and is_own(path):
            yield self._load_own().get(path), True

    def _load(self) -> dict[str, list[Any]]:
        if self._known is None:
            self._known = self._of_version(read_cache(self._cache) if self._cache else None)
        return self._known

    def _load_own(self) -> dict[str, list[Any]]:
        if self._own is None:
            self._own = self._of_version(read_own("tables"))
        return self._own

    def _of_version(self, kept: Any) -> dict[str, list[Any]]:
        match kept:
            case [self._version, dict(known)]:
                return known
        return {}


def stamp(path: Path) -> list[int]:
    """By which a file is known to be the same: size, modification and change time, inode."""
    try:
        status = path.stat()
    except NotADirectoryError:
        raise CodeError(
            f"{path}: expected modules of a project in folders, found one in an archive; unpack it"
        ) from None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _of_now(known: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {path: entry for path, entry in known.items() if os.path.exists(path)}


def _taken(text: str) -> Table | None:
    """A table from its text; None where it is of another form."""
    with suppress(ValueError, RecursionError):
        table: Table = json.loads(text)
        return table if isinstance(table, dict) and table.keys() == EMPTY.keys() else None
    return None


def _version() -> list[Any]:
    """What the tables depend on beside the sources: the parser, and the analysis itself."""
    here = Path(__file__).parent
    return [*sys.version_info[:3], *(stamp(here / name) for name in _ANALYSIS)]
