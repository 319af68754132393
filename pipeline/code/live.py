"""Live values: what the names of the project stand for now, whoever has changed them.

Sources say what a module makes of itself. Other modules may change it when they are imported
(`cfg.K = 2`, `m.f = g`, `setattr`, a registry that fills), and closures hold values that stand in
no source. So each symbol that a function reaches is looked up where it lives, and what is found
there is added to it: the content of data, and of functions and classes where they come from.

A value that a stage changes while it runs (a cache that fills) counts as what it was before.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.code.deferrals import Deferrals
from pipeline.code.describe import Describer
from pipeline.code.graph import Facts
from pipeline.code.hashing import short_hash
from pipeline.code.links import AS_GROUP, AS_STAGE, Links, Symbol
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
        self._links = links
        self._describer = Describer(links, loaded, counts)
        self.subclasses = False  # whether classes count who derives from them
        self._facts: dict[Any, Facts] = {}
        self._names: dict[Module, Mapping[str, Any]] = {}
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

        asked = self.subclasses

        def look() -> Facts:
            now = names.get(symbol[1], vars(builtins).get(symbol[1]))
            return self._look(now, now, (), asked)

        module = self._links.project.find(symbol[0])
        return self._settled((module.path, symbol[1], self.subclasses), ".".join(symbol), look)

    def names_of(self, module: Module) -> Mapping[str, Any] | None:
        """The names of a module that is loaded from its own file; None for any other."""
        if module not in self._names:
            for name in (module.name, "__main__"):
                found = sys.modules.get(name)
                file = vars(found).get("__file__") if found is not None else None
                if file and Path(file).absolute() == module.path:
                    self._names[module] = vars(found)
                    break
        return self._names.get(module)

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
        imported: Mapping[Module, None],
        loaded: Loaded,
        deferrals: Deferrals,
    ) -> None:
        self._values, self._links, self._home = values, links, home
        self._names, self._deferrals = function.__globals__, deferrals
        self._asked = {module.name for module in imported}
        self._imported, self._loaded = imported, loaded

    def root(self, function: Any, inner: types.FunctionType, start: Sequence[Symbol]) -> Facts:
        """What the function that is asked about holds."""
        return self._led(self._values.of_function(function, inner, start))

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
        names = self.names_of(module)
        if module.name not in self._asked:
            if names is not None and isinstance(value := names.get(name), types.FunctionType):
                self._loaded.check(value, module)
            return Facts()
        if imported and (names is None or self._links.is_imported(symbol, names)):
            return Facts()
        if names is None:
            facts = self._deferrals.facts(
                symbol, module, self._imported, lambda: self._now(symbol, module)
            )
            return self._led(facts)
        return self._led(self._values.of_symbol(symbol, names))

    def _now(self, symbol: Symbol, module: Module) -> Facts:
        names = self.names_of(module)
        return Facts() if names is None else self._values.of_symbol(symbol, names)

    def names_of(self, module: Module) -> Mapping[str, Any] | None:
        """The names of a module that is loaded; None for any other."""
        if module.path and module.path == self._home.path:
            return self._names
        return self._values.names_of(module) if module.path else None

    def _led(self, facts: Facts) -> Facts:
        self._asked.update(name for name, _ in facts.links)
        return facts
