"""References of one module resolved in the others: from a symbol to all that it reaches.

A reference is walked name by name: through modules and submodules, and through names that are only
imported, to where something is defined. What a reference comes to is a list of symbols:

    ("package.module", "name")    defined there
    ("package.module", "")        the module itself, as an object: all of it counts
    ("", "numpy:dot")             outside the project

A symbol's digest covers its syntax and what each imported name in it comes to, so that swapping two
imports is seen even where the same functions are reached.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from pipeline.code.hashing import short_hash
from pipeline.code.modules import Module, Project
from pipeline.code.tables import Tables

Symbol = tuple[str, str]


class Flags(NamedTuple):
    """Whether other code can change what a symbol holds; whether a class notices subclasses."""

    changeable: bool
    aware: bool


class Links:
    """What the symbols of a project refer to. Symbols of `excluded` modules are not followed."""

    def __init__(self, project: Project, tables: Tables, excluded: Collection[str]) -> None:
        self.project, self._tables, self._excluded = project, tables, excluded
        self._resolved: dict[tuple[str, str], list[Symbol]] = {}
        self._links: dict[Symbol, tuple[str, list[Symbol]]] = {}
        self._changes: dict[str, list[tuple[Symbol, Symbol]]] = {}

    def reach(self, module: Module, name: str) -> dict[Symbol, str]:
        """The digests of all that a symbol reaches; all of its module where it has no such name."""
        start = (module.name, name if name in self._tables[module]["symbols"] else "")
        changes: dict[Symbol, list[Symbol]] = {}
        for loaded in self._loaded(module):
            for changed, by in self._changes_in(loaded):
                changes.setdefault(changed, []).append(by)
        return self._closure([start], changes)

    def _closure(
        self, start: Iterable[Symbol], changes: Mapping[Symbol, list[Symbol]]
    ) -> dict[Symbol, str]:
        found: dict[Symbol, str] = {}
        waiting = list(start)
        while waiting:
            symbol = waiting.pop()
            if symbol not in found:
                found[symbol], links = self._link(symbol)
                waiting += links
                waiting += changes.get(symbol, ())
        return {symbol: digest for symbol, digest in found.items() if symbol[1]}

    def _link(self, symbol: Symbol) -> tuple[str, list[Symbol]]:
        """The digest of a symbol, and the symbols of the project that it refers to."""
        if symbol not in self._links:
            module, name = self.project.find(symbol[0]), symbol[1]
            symbols = self._tables[module]["symbols"]
            digest, targets, references, *_ = symbols[name] if name else ("", (), ())
            imported, links = [], []
            for reference in [*targets, *references] if name else [f":{one}" for one in symbols]:
                found = self._resolve(module, reference)
                links += self._followed(found)
                if found != [(module.name, reference[1:])]:
                    imported.append(f"{reference}={found}")
            if imported:
                digest = short_hash("\n".join([digest, *imported]))
            self._links[symbol] = digest, links
        return self._links[symbol]

    def _followed(self, symbols: Iterable[Symbol]) -> list[Symbol]:
        return [symbol for symbol in symbols if symbol[0] and symbol[0] not in self._excluded]

    def _resolve(self, module: Module, reference: str) -> list[Symbol]:
        key = (module.name, reference)
        if key not in self._resolved:
            self._resolved[key] = list(dict.fromkeys(self._follow(module, reference, [], ())))
        return self._resolved[key]

    def _follow(
        self, module: Module, reference: str, attributes: list[str], seen: tuple[Symbol, ...]
    ) -> list[Symbol]:
        head, _, tail = reference.partition(":")
        names = [*(tail.split(".") if tail else ()), *attributes]
        if not head:
            return self._walk(module, names, seen)
        start = self.project.find(head)
        if start is None:
            return [("", f"{head}:{'.'.join(names)}")]
        return self._walk(start, names, seen) or self._unknown(start)

    def _walk(self, module: Module, names: list[str], seen: tuple[Symbol, ...]) -> list[Symbol]:
        """What a chain of names comes to, from a module on; nothing where it is not found."""
        if not names:
            return [(module.name, "")]
        symbol = (module.name, names[0])
        table = self._tables[module]
        digest, targets, *_ = table["symbols"].get(names[0], ("", ()))
        if again := symbol in seen:  # modules that import from each other
            targets = ()
        seen = (*seen, symbol)
        found = [symbol] if digest and not again else []
        for target in targets:
            found += self._follow(module, target, names[1:], seen)
        if found:
            return found
        if inner := self.project.find(f"{module.name}.{names[0]}"):
            return self._walk(inner, names[1:], seen) or self._unknown(inner)
        for star in () if again else table["stars"]:
            if start := self.project.find(star):
                found += self._walk(start, names, seen)
            else:
                found.append(("", f"{star}:{names[0]}"))
        return found

    def _unknown(self, module: Module) -> list[Symbol]:
        """What a name may be that a module does not bind in sight: anything in it."""
        return [(module.name, "")]

    def _loaded(self, module: Module) -> set[Module]:
        """The modules of the project that importing a module brings in."""
        found, waiting = set(), [module.name]
        while waiting:
            name = waiting.pop()
            module = self.project.find(name)
            if module and module not in found and name not in self._excluded:
                found.add(module)
                waiting += self._tables[module]["imports"]
                waiting.append(name.rpartition(".")[0])
        return found

    def _changes_in(self, module: Module) -> list[tuple[Symbol, Symbol]]:
        """What the top level of a module may change, each with the symbol that does it."""
        if module.name not in self._changes:
            changes = []
            for name, calls, bases, references in self._tables[module]["effects"]:
                called = self._symbols(module, calls)
                derived = self._closure(self._symbols(module, bases), {})
                called += [symbol for symbol in derived if self._flags(symbol).aware]
                if called:
                    within = [*self._closure(called, {}), *self._symbols(module, references)]
                    changeable = (s for s in dict.fromkeys(within) if self._flags(s).changeable)
                    changes += [(symbol, (module.name, name)) for symbol in changeable]
            self._changes[module.name] = changes
        return self._changes[module.name]

    def _symbols(self, module: Module, references: Iterable[str]) -> list[Symbol]:
        return self._followed(s for one in references for s in self._resolve(module, one))

    def _flags(self, symbol: Symbol) -> Flags:
        module, name = self.project.find(symbol[0]), symbol[1]
        return Flags(*self._tables[module]["symbols"][name][3:]) if name else Flags(False, False)
