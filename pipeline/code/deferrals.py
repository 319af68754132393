"""Modules whose import is deferred: what was seen of their live values the last time.

A command that finds everything up to date must not import NumPy to find that out. So the facts of a
symbol in a deferred module are remembered, for as long as no source changes of all that is
imported with it; then the module is imported, and looked at again.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.code.graph import Facts
from pipeline.code.hashing import short_hash
from pipeline.code.links import Symbol
from pipeline.code.modules import Module
from pipeline.code.tables import stamp
from pipeline.deferred import is_stand_in
from pipeline.store.cache import read_cache, write_cache

_MOMENTS = 8  # states of the sources that are remembered


class Deferrals:
    """Facts of symbols in modules that are not imported yet. `cache` is a file; None: there is
    none, and such modules are imported."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._known: dict[str, dict[str, Any]] | None = None
        self._keys: dict[int, str] = {}
        self._news = False

    def facts(
        self,
        symbol: Symbol,
        module: Module,
        imported: Mapping[Module, None],
        look: Callable[[], Facts],
    ) -> Facts:
        """What is known of a symbol of a module that is not loaded; `look` looks once it is."""
        if not _is_deferred(module.name):
            return Facts()
        known = self._load().setdefault(self._key(imported), {})
        name = ":".join(symbol)
        match known.get(name):
            case [str(text), list(links), dict(values)]:
                return Facts(text, tuple(map(tuple, links)), values)
        with suppress(Exception):  # the stage says so when it runs, if it needs the module
            _load(module.name)
        found = look()
        known[name] = [found.text, found.links, dict(found.values)]
        self._news = True
        return found

    def save(self) -> None:
        """Write down what has been learnt since the last time, if anything was."""
        if self._cache and self._news:
            self._news = False
            moments = list(self._load().items())[-_MOMENTS:]
            write_cache(self._cache, [_version(), dict(moments)])

    def _key(self, imported: Mapping[Module, None]) -> str:
        if id(imported) not in self._keys:
            stamps = [[m.name, stamp(m.path)] for m in imported if m.path]
            self._keys[id(imported)] = short_hash(repr(sorted(stamps)))
        return self._keys[id(imported)]

    def _load(self) -> dict[str, dict[str, Any]]:
        if self._known is None:
            self._known = {}
            match read_cache(self._cache) if self._cache else None:
                case [version, dict(known)] if version == _version():
                    self._known = {k: v for k, v in known.items() if isinstance(v, dict)}
        return self._known


def _is_deferred(name: str) -> bool:
    """Whether a module, or a package above it, waits to be imported."""
    return any(is_stand_in(sys.modules.get(one)) for one in _and_above(name))


def _load(name: str) -> None:
    """Import a module; packages above it first, or it would be imported twice."""
    for one in _and_above(name):
        if is_stand_in(sys.modules.get(one)):
            sys.modules[one].__path__  # noqa: B018 - the first use of a stand-in imports the module
        importlib.import_module(one)


def _and_above(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


def _version() -> list[Any]:
    """What facts depend on beside the sources: Python, and how they are found."""
    here = Path(__file__).parent
    names = ("content.py", "describe.py", "live.py", "bytecode.py")
    return [*sys.version_info[:3], os.fspath(here), *(stamp(here / name) for name in names)]
