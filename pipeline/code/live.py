"""Live values: what the names of the project stand for now, whoever has changed them.

Sources say what a module makes of itself. Other modules may change it when they are imported
(`cfg.K = 2`, `m.f = g`, `setattr`, a registry that fills), and closures hold values that stand in
no source. So each symbol that a function reaches is looked up where it lives, and what is found
there is added to it: the content of data, and of functions and classes where they come from.

A value that a stage changes while it runs (a cache that fills) counts as what it was before.
"""

from __future__ import annotations

import builtins
import os
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pipeline.code.deferrals import load_if_deferred
from pipeline.code.describe import Describer
from pipeline.code.graph import Facts
from pipeline.code.hashing import short_hash
from pipeline.code.links import AS_GROUP, AS_STAGE, Links, Symbol, is_imported
from pipeline.code.loaded import Loaded
from pipeline.code.modules import Module

FRAMEWORK = __name__.partition(".")[0]
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
        self.subclasses = False  # whether classes count who derives from them
        self._facts: dict[Any, Facts] = {}
        self._names: dict[str, Mapping[str, Any]] = {}
        self.texts: dict[Any, str] = {}  # that have been compared with what is remembered
        self._watched: dict[Any, tuple[str, Callable[[], Facts]]] = {}

    def of_function(
        self, function: Any, inner: types.FunctionType, start: Sequence[Symbol]
    ) -> Facts:
        """What a function holds; `inner` is the one that it wraps, `start` the symbol of that."""

        asked = self.subclasses

        def look() -> Facts:
            return self._look(function, inner, start, asked)

        name = f"{inner.__module__}.{inner.__qualname__}"
        return self._settled((function, self.subclasses), name, look)

    def of_symbol(self, symbol: Symbol, names: Mapping[str, Any]) -> Facts:
        """What the live value of a symbol adds to it."""
        value = names.get(symbol[1], vars(builtins).get(symbol[1], _MISSING))
        if value is _MISSING:
            return Facts()

        module, asked = self._links.project.find(symbol[0]), self.subclasses
        if _is_plain(value, str(module.path), symbol[1]):
            self._loaded.check(value, module)
            return Facts()

        def look() -> Facts:
            now = names.get(symbol[1], vars(builtins).get(symbol[1]))
            return self._look(now, now, (), asked)

        return self._settled((module.path, symbol[1], self.subclasses), ".".join(symbol), look)

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
        for key, (name, look) in self._watched.items():
            now, before = look(), self._facts[key]
            if now.text != before.text and now.text not in _BEFORE.get(key, ()):
                _BEFORE.setdefault(key, {})[now.text] = before
                names.append(name)
        return names

    def _settled(self, key: Any, name: str, look: Callable[[], Facts]) -> Facts:
        if key not in self._facts:
            found = look()
            self._facts[key] = _BEFORE.get(key, {}).get(found.text, found)
            if found.mutable:
                self._watched[key] = name, look
        return self._facts[key]

    def _look(self, value: Any, own: Any, start: Sequence[Symbol], subclasses: bool) -> Facts:
        self._describer.subclasses = subclasses
        text, content = self._describer.content(value, own, start)
        return Facts(short_hash(text), tuple(content.links), content.values, content.mutable)


class Live:
    """The live values that one function reaches.

    Only modules are asked that importing the function's own module imports, and those that their
    values lead to: what else is loaded differs from run to run.
    """

    def __init__(
        self,
        values: Values,
        links: Links,
        home: Module,
        function: types.FunctionType,
        imported: Iterable[Module],
        loaded: Loaded,
    ) -> None:
        self._values, self._links, self._home = values, links, home
        self._names, self._loaded = function.__globals__, loaded
        self._asked = {module.name for module in imported}
        self.seen: dict[tuple[Symbol, bool], tuple[Module, list[str] | None, str | None]] = {}

    def root(self, function: Any, inner: types.FunctionType, start: Sequence[Symbol]) -> Facts:
        """What the function that is asked about holds."""
        found = self._values.of_function(function, inner, start)
        self._asked.update(name for name, _ in found.links)
        return found

    def facts(self, symbol: Symbol, imported: bool = False) -> Facts:
        """What the live value of a symbol adds to it. `imported`: it is a name that an import
        binds, and adds nothing unless it has been given another value since."""
        name, module = symbol[1], self._links.project.find(symbol[0])
        if (
            not name
            or name.endswith((AS_STAGE, AS_GROUP))
            or symbol[0].partition(".")[0] == FRAMEWORK
        ):
            return Facts()
        asked = module.name in self._asked
        if asked and not imported and self.names_of(module) is None:
            load_if_deferred(module.name)
        targets = self._links.entry(symbol).targets if imported else None
        found = self._facts(symbol, module, targets, asked)
        self.seen[symbol, imported] = module, targets, found.text if asked else None
        self._asked.update(name for name, _ in found.links)
        return found

    def same(self, module: Module, seen: Iterable[Any], subclasses: bool) -> bool:
        """Whether the live values of a module that were seen another time have the content that
        they had, if it is loaded. `subclasses`: with the classes that derive from them."""
        self._links.project.add(module)
        if self.names_of(module) is None:
            return True
        texts, self._values.subclasses = self._values.texts, subclasses
        for symbol, targets, text in seen:
            key = (module.name, symbol, targets is None, text is None, subclasses)
            if key not in texts:
                found = self._facts((module.name, symbol), module, targets, text is not None)
                texts[key] = found.text
            if text is not None and texts[key] != text:
                return False
        return True

    def kept(self) -> list[Any]:
        """The live values that were seen, for `same`: module, symbol, targets, content."""
        return [
            (m, name, targets, text) for ((_, name), _), (m, targets, text) in self.seen.items()
        ]

    def _facts(
        self, symbol: Symbol, module: Module, targets: list[str] | None, asked: bool
    ) -> Facts:
        names = self.names_of(module)
        if names is None:
            return Facts()
        if not asked:
            if isinstance(value := names.get(symbol[1]), types.FunctionType):
                self._loaded.check(value, module)
            return Facts()
        if targets is not None and is_imported(names.get(symbol[1]), targets):
            return Facts()
        return self._values.of_symbol(symbol, names)

    def names_of(self, module: Module) -> Mapping[str, Any] | None:
        """The names of a module that is loaded; None for any other."""
        if module.path and module.path == self._home.path:
            return self._names
        return self._values.names_of(module) if module.path else None


def _is_plain(value: Any, path: str, name: str) -> bool:
    """Whether a value is a function that holds nothing beside its code, where it was written."""
    return (
        type(value) is types.FunctionType
        and value.__qualname__ == name
        and not (value.__closure__ or value.__defaults__ or value.__kwdefaults__)
        and not value.__dict__
        and value.__code__.co_filename == path
    )
