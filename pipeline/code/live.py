"""Live values: what the names of the project stand for now, whoever has changed them.

Sources say what a module makes of itself. Other modules may change it when they are imported
(`cfg.K = 2`, `m.f = g`, `setattr`, a registry that fills), and closures hold values that stand in
no source. So each symbol that a function reaches is looked up where it lives, and what is found
there is added to it: the content of data, and of functions and classes where they come from.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pipeline.code.deferrals import load_if_deferred
from pipeline.code.graph import Facts
from pipeline.code.links import AS_GROUP, AS_STAGE, Links, Symbol
from pipeline.code.loaded import Loaded
from pipeline.code.modules import Module
from pipeline.code.values import Values

FRAMEWORK = __name__.partition(".")[0]
_CODE = (types.FunctionType, type)  # which count by their source
Targets = Sequence[str] | None  # what an import has bound a name to; None: another statement has
Seen = tuple[str, Targets, str | None]  # a name of a module, and the content that its value had


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
        self.seen: dict[tuple[Symbol, bool], tuple[Module, Targets, str | None]] = {}

    def root(self, function: Any, inner: types.FunctionType, start: Sequence[Symbol]) -> Facts:
        """What the function that is asked about holds."""
        found = self._values.of_function(function, inner, start)
        self._asked.update(name for name, _ in found.links)
        return found

    def facts(self, symbol: Symbol, imported: bool = False) -> Facts:
        """What the live value of a symbol adds to it. `imported`: it is a name that an import
        binds, and adds nothing unless it has been given another value since."""
        name = symbol[1]
        if (
            not name
            or name.endswith((AS_STAGE, AS_GROUP))
            or symbol[0].partition(".")[0] == FRAMEWORK
        ):
            return Facts()
        module = self._links.project.module(symbol[0])
        asked = module.name in self._asked
        if asked and not imported and self.names_of(module) is None:
            load_if_deferred(module.name)
        targets = self._links.entry(symbol).targets if imported else None
        found = self._facts(symbol, module, targets, asked)
        self.seen[symbol, imported] = module, targets, found.text if asked else None
        self._asked.update(name for name, _ in found.links)
        return found

    def same(self, module: Module, seen: Iterable[Seen], words: frozenset[str]) -> bool:
        """Whether the live values of a module that were seen another time have the content that
        they had, if it is loaded. `words` are what the code that is reached looks at."""
        self._links.project.add(module)
        if self.names_of(module) is None:
            return True
        texts, self._values.words = self._values.texts, words
        for symbol, targets, text in seen:
            key = (module.name, symbol, targets is None, text is None, words)
            if key not in texts:
                found = self._facts((module.name, symbol), module, targets, text is not None)
                texts[key] = found.text
            if text is not None and texts[key] != text:
                return False
        return True

    def kept(self) -> list[tuple[Module, *Seen]]:
        """The live values that were seen, for `same`: module, symbol, targets, content."""
        return [
            (m, name, targets, text) for ((_, name), _), (m, targets, text) in self.seen.items()
        ]

    def _facts(self, symbol: Symbol, module: Module, targets: Targets, asked: bool) -> Facts:
        names = self.names_of(module)
        if names is None:
            return Facts()
        if not asked:
            if isinstance(value := names.get(symbol[1]), types.FunctionType):
                self._loaded.check(value, module)
            return Facts()
        if targets is not None and _is_imported(names.get(symbol[1]), targets):
            return Facts()
        return self._values.of_symbol(symbol, names)

    def names_of(self, module: Module) -> Mapping[str, Any] | None:
        """The names of a module that is loaded; None for any other."""
        if module.path and module.path == self._home.path:
            return self._names
        return self._values.names_of(module) if module.path else None


def _is_imported(value: object, targets: Collection[str]) -> bool:
    """Whether a name has the value that its import has given it, as far as can be known."""
    if value is None or isinstance(value, types.ModuleType):
        return True
    return not targets or any(_is_the(value, target) for target in targets)


def _is_the(value: object, target: str) -> bool:
    """Whether a value is what `module:name` is now; also where that cannot be known. No value is
    that of a module which has put an object in its own place; nor data of a module that computes
    what it is asked for."""
    head, _, tail = target.partition(":")
    found: object = sys.modules.get(head)
    if found is not None and not isinstance(found, types.ModuleType):
        return False
    for name in tail.split(".") if tail else ():
        if isinstance(found, types.ModuleType) and name not in vars(found):
            return isinstance(value, _CODE) or "__getattr__" not in vars(found)
        if not isinstance(found, types.ModuleType):
            return True
        found = vars(found)[name]
    return found is value or found is None
