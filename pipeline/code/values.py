"""Live values of a project: each looked at once, and what it adds to its symbol.

A value that a stage changes while it runs (a cache that fills) counts as what it was before.
"""

from __future__ import annotations

import builtins
import os
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.code.describe import Describer
from pipeline.code.graph import Facts
from pipeline.code.hashing import short_hash
from pipeline.code.held import shown_by
from pipeline.code.links import Links, Symbol
from pipeline.code.loaded import Loaded
from pipeline.code.modules import Module
from pipeline.code.unchanged import glance

_MISSING = object()
# Of this process: what values were before a stage changed them, by what they became.
_BEFORE: dict[Any, dict[str, Facts]] = {}


class Values:
    """The live values of one project. Each is looked at once; `changed` looks again."""

    def __init__(
        self, links: Links, loaded: Loaded, counts: Callable[[types.FunctionType], bool]
    ) -> None:
        self._links, self._loaded = links, loaded
        self._describer = Describer(links, loaded, counts)
        self.words: frozenset[str] = frozenset()  # what the code that is reached looks at
        self._facts: dict[Any, Facts] = {}
        self._names: dict[str, Mapping[str, Any]] = {}
        self.texts: dict[Any, str] = {}  # that have been compared with what is remembered
        self._watched: dict[Any, tuple[str, Callable[[], Facts]]] = {}  # what may change
        self._glances: dict[Any, tuple[int, Callable[[], Any]]] = {}  # of it, when it was looked at
        self._bound: dict[Any, tuple[str, Callable[[], Facts], Any, Callable[[], Any]]] = {}

    def of_function(
        self, function: Any, inner: types.FunctionType, start: Sequence[Symbol]
    ) -> Facts:
        """What a function holds; `inner` is the one that it wraps, `start` the symbol of that."""

        asked = self.words

        def look() -> Facts:
            return self._look(function, inner, start, asked)

        name = f"{inner.__module__}.{inner.__qualname__}"
        return self._settled((function, self.words), name, look)

    def of_symbol(self, symbol: Symbol, names: Mapping[str, Any]) -> Facts:
        """What the live value of a symbol adds to it."""
        value = names.get(symbol[1], vars(builtins).get(symbol[1], _MISSING))
        if value is _MISSING:
            return Facts()

        module, asked = self._links.project.module(symbol[0]), self.words
        key, name = (module.path, symbol[1], self.words), ".".join(symbol)

        def current() -> Any:
            return names.get(symbol[1], vars(builtins).get(symbol[1]))

        def look() -> Facts:
            now = current()
            if _is_plain(now, str(module.path), symbol[1], asked):
                return Facts()
            return self._look(now, now, (), asked)

        if _is_plain(value, str(module.path), symbol[1], asked):
            self._loaded.check(value, module)
        return self._settled(key, name, look, (value, current))

    def names_of(self, module: Module) -> Mapping[str, Any] | None:
        """The names of a module that is loaded from its own file; None for any other."""
        if module.name not in self._names:
            path = str(module.path)
            for name in (module.name, "__main__"):
                found = sys.modules.get(name)
                file = vars(found).get("__file__") if found is not None else None
                if file and (file == path or (file[0] != "/" and os.path.abspath(file) == path)):
                    self._names[module.name] = vars(found)
                    break
        return self._names.get(module.name)

    def changed(self) -> list[str]:
        """The names of what has changed since it was looked at; it counts as what it was."""
        names = []
        rebound = {
            key: (name, look)
            for key, (name, look, value, current) in self._bound.items()
            if current() is not value
        }
        for key, (name, look) in (self._watched | rebound).items():
            if key in self._glances:
                seen, current = self._glances[key]
                if glance(current()) == seen:
                    continue
            now, before = look(), self._facts[key]
            if now.text != before.text and now.text not in _BEFORE.get(key, ()):
                _BEFORE.setdefault(key, {})[now.text] = before
                names.append(name)
        return names

    def _settled(
        self,
        key: Any,
        name: str,
        look: Callable[[], Facts],
        bound: tuple[Any, Callable[[], Any]] | None = None,
    ) -> Facts:
        if key not in self._facts:
            found = look()
            self._facts[key] = _BEFORE.get(key, {}).get(found.text, found)
            if found.mutable:
                self._watched[key] = name, look
                if bound is not None and (seen := glance(bound[0])) is not None:
                    self._glances[key] = seen, bound[1]
            elif bound is not None:  # a name that another value may be given
                self._bound[key] = name, look, *bound
        return self._facts[key]

    def _look(self, value: Any, own: Any, start: Sequence[Symbol], words: frozenset[str]) -> Facts:
        self._describer.words = words
        try:
            text, content = self._describer.content(value, own, start)
        except RecursionError:
            return Facts("too deep", mutable=True, opaque=(f"{type(value).__name__} of any depth",))
        links, opaque = tuple(content.links), tuple(content.opaque)
        found = content.values, content.mutable, opaque, tuple(content.asked)
        return Facts(short_hash(text), links, *found)


def _is_plain(value: Any, path: str, name: str, words: frozenset[str]) -> bool:
    """Whether a value is a function that holds nothing beside its code, where it was written."""
    return (
        type(value) is types.FunctionType
        and value.__qualname__ == name
        and not (value.__closure__ or value.__defaults__ or value.__kwdefaults__)
        and not value.__dict__
        and value.__code__.co_filename == path
        and not (words and any(shown_by(value, words)))
    )
