"""What caches of functions (`functools.lru_cache`, `functools.cache`) hold.

A cache that was filled when modules were imported holds what no source says and no stage is seen to
read, so that counts by content. What fills it later does not: whether a plan comes before or after
would change the fingerprint. What a stage fills it with belongs to whoever uses it after (kept.py).
"""

from __future__ import annotations

import functools
import gc
import operator
import os
import sys
import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from pipeline.code.package_state import note_states

CACHE = type(functools.cache(lambda: None))
_INSTALLED = (os.path.dirname(os.__file__) + os.sep, "<")
_found: tuple[list[Any], list[tuple[str, types.ModuleType]]] = [], []
_looked_at: WeakKeyDictionary[types.ModuleType, tuple[list[int], list[Any]]] = WeakKeyDictionary()
_first: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()  # as a cache was first met


def note_first() -> None:
    """Keep what caches hold, and what states packages have, that have not been met before. To be
    called as soon as a program's modules have been imported."""
    note_caches()
    note_states()


def note_caches(count: bool = True) -> None:
    """The same for the caches of the project's modules; without `count` where stages may have
    filled them."""
    for cache in _caches():
        if cache not in _first:
            _first[cache] = content_of(cache) if count and cache.cache_info().currsize else []


def filled_at_import(cache: Any) -> list[Any]:
    """The arguments and results that a cache held when it was first met, in no order."""
    return _first.setdefault(cache, [])


def content_of(cache: Any) -> list[Any]:
    """What a cache holds: arguments and results, one after the other."""
    info = cache.cache_info()
    found: list[Any] = []
    for one in gc.get_referents(cache):  # first those of each entry, then the dict of entries
        if type(one) is dict and len(one) == info.currsize and one is not vars(cache):
            return found if info.maxsize is not None else [p for pair in one.items() for p in pair]
        if not isinstance(one, type) or one.__module__ != "functools":  # of the entries themselves
            found.append(one)
    return []  # of another Python


def project_modules() -> Sequence[tuple[str, types.ModuleType]]:
    """The modules that are loaded and neither installed nor of Python, with their absolute files.

    It is asked for several times a stage, and modules are hundreds: so what was found stays until
    there are others.
    """
    global _found
    loaded = [*sys.modules.values()]
    known, found = _found
    if len(known) != len(loaded) or not all(map(operator.is_, known, loaded)):
        found = [*_of_project(loaded)]
        _found = loaded, found
    return found


def _of_project(loaded: Iterable[Any]) -> Iterator[tuple[str, types.ModuleType]]:
    for module in loaded:
        file = getattr(module, "__file__", None) if type(module) is types.ModuleType else None
        if file and not file.startswith(_INSTALLED) and "-packages" not in file:
            yield os.path.abspath(file), module


def _caches() -> Iterator[Any]:
    for _, module in project_modules():
        values = [*vars(module).values()]
        ids = [*map(id, values)]
        known = _looked_at.get(module)
        if known is None or known[0] != ids:  # another name, or another value
            known = _looked_at[module] = ids, [*_of_module(module, values)]
        yield from known[1]


def _of_module(module: types.ModuleType, values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if type(value) is CACHE:
            yield value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            yield from (one for one in [*vars(value).values()] if type(one) is CACHE)
