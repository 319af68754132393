"""References of one module resolved in the others.

A reference is walked name by name: through modules and submodules, and through names that are only
imported, to where something is defined. What a reference comes to is a list of targets:

    ("package.module", "name", ".attribute")   defined there; the attribute is one of its value
    ("package.module", "", "")                 the module itself, as an object: all of it counts
    ("", "numpy:dot", "")                      outside the project
    ("*", "", "")                              every module that is loaded
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

import pipeline
from pipeline.code.builtin_names import PLACES, PYTHON
from pipeline.code.entry import Entry, Table
from pipeline.code.hashing import short_hash
from pipeline.code.modules import Module, Project
from pipeline.code.tables import Tables

Symbol = tuple[str, str]
ALL_LOADED = "*"
AS_STAGE, AS_GROUP = " (stage)", " (group)"  # see symbols.py, which most commands do not need


class Target(NamedTuple):
    """What a reference comes to: a symbol, and the attributes that are then asked of its value."""

    module: str
    name: str
    rest: str = ""

    @property
    def symbol(self) -> Symbol:
        return self.module, self.name


class Node(NamedTuple):
    """A symbol with its references resolved. `digest` is for people: it names what they are."""

    entry: Entry
    targets: list[list[Target]]
    digest: str
    vias: Sequence[Symbol] = ()  # names that imports bind, on the way to the targets
    names: str = ""  # of a whole module: all that it binds


class Links:
    """What the symbols of a project refer to. Symbols of `excluded` modules are not followed."""

    def __init__(self, project: Project, tables: Tables, excluded: Collection[str]) -> None:
        self.project, self._tables, self.excluded = project, tables, excluded
        self._resolved: dict[tuple[str, str], list[Target]] = {}
        self._vias: dict[tuple[str, str], list[Symbol]] = {}
        self._nodes: dict[Symbol, Node] = {}

    def table(self, module: Module) -> Table:
        """The table of a module; see symbols.py."""
        return self._tables[module]

    def entry(self, symbol: Symbol) -> Entry:
        """What its table keeps of a symbol."""
        known = self._tables[self.project.module(symbol[0])]["symbols"].get(symbol[1])
        return Entry(*known) if known else Entry("")  # bound by code that cannot be read

    def start(self, module: Module, name: str) -> Symbol:
        """Where to begin: a stage, a symbol, or all of its module where it has no such name."""
        symbols = self._tables[module]["symbols"]
        found = (one for one in (name + AS_STAGE, name) if one in symbols)
        return module.name, next(found, "")

    def methods_of(self, module: Module, group: type) -> Symbol | None:
        """The methods of a group of parameters, as a symbol; None where it has none."""
        home = self.project.find(group.__module__) or module
        name = group.__qualname__ + AS_GROUP
        return (home.name, name) if name in self._tables[home]["symbols"] else None

    def node(self, symbol: Symbol) -> Node:
        """A symbol with what its references come to."""
        if symbol not in self._nodes:
            module, name = self.project.module(symbol[0]), symbol[1]
            if name:
                entry = self.entry(symbol)
                groups = [*([one] for one in entry.targets), *entry.groups]
            else:
                symbols = self._tables[module]["symbols"]
                entry = Entry("", escaping=[f":{one}" for one in symbols])
                groups = [[f":{one}"] for one in symbols if not one.endswith((AS_STAGE, AS_GROUP))]
            targets = [self.resolve_all(module, group) for group in groups]
            outer = [found for found in targets if {one.module for one in found} != {module.name}]
            texts = [entry.digest, *map(str, outer)] if outer else [entry.digest]
            vias = [v for group in groups for one in group for v in self._vias[module.name, one]]
            names = "" if name else " ".join(self._tables[module]["symbols"])
            digest = short_hash("\n".join(texts))
            self._nodes[symbol] = Node(entry, targets, digest, list(dict.fromkeys(vias)), names)
        return self._nodes[symbol]

    def follows(self, target: Target) -> bool:
        """Whether a target is looked into: it belongs to the project, and not to its vocabulary."""
        return bool(target.module) and target.module not in self.excluded

    def closure(
        self, start: Iterable[Symbol], enters: Callable[[str], bool] = lambda module: True
    ) -> dict[Symbol, None]:
        """All symbols that some symbols reach, themselves included, in modules that it `enters`."""
        found = dict.fromkeys(symbol for symbol in start if enters(symbol[0]))
        waiting = list(found)
        for symbol in waiting:  # which grows meanwhile
            for target in (one for group in self.node(symbol).targets for one in group):
                followed = self.follows(target) and target.module != ALL_LOADED
                if followed and target.symbol not in found and enters(target.module):
                    found[target.symbol] = None
                    waiting.append(target.symbol)
        return found

    def resolve_all(self, module: Module, references: Iterable[str]) -> list[Target]:
        """What references of a module come to, each target once."""
        return list(dict.fromkeys(t for one in references for t in self._resolve(module, one)))

    def symbols(self, module: Module, references: Iterable[str]) -> list[Symbol]:
        """The symbols of the project that references come to."""
        return [t.symbol for t in self.resolve_all(module, references) if self.follows(t)]

    def _resolve(self, module: Module, reference: str) -> list[Target]:
        key = (module.name, reference)
        if key not in self._resolved:
            self._passed: list[Symbol] = []
            self._resolved[key] = list(dict.fromkeys(self._follow(module, reference, [], ())))
            self._vias[key] = self._passed
        return self._resolved[key]

    def _follow(
        self, module: Module, reference: str, attributes: list[str], seen: tuple[Symbol, ...]
    ) -> list[Target]:
        head, _, tail = reference.partition(":")
        names = [*(tail.split(".") if tail else ()), *attributes]
        if head == ALL_LOADED:
            return [Target(ALL_LOADED, "")]
        rest = "".join(f".{name}" for name in names[1:])
        if not head:
            unbound = [Target(module.name, n, rest) for n in names[:1] if n not in PYTHON]
            return self._walk(module, names, seen) or unbound
        if (start := self.project.find(head)) is None:
            return [Target("", f"{head}:{'.'.join(names)}")]
        return self._walk(start, names, seen) or _anything(start, names, rest)

    def _walk(self, module: Module, names: list[str], seen: tuple[Symbol, ...]) -> list[Target]:
        """What a chain of names comes to, from a module on; nothing where it is not found."""
        if not names:
            return [Target(module.name, "")]
        symbol = (module.name, names[0])
        table = self._tables[module]
        if module.name == "pipeline" and names[0] in pipeline._LATER:  # by a name that is computed
            return self._follow(module, f"{pipeline._LATER[names[0]]}:{names[0]}", names[1:], seen)
        digest, targets, *_ = table["symbols"].get(names[0], ("", ()))
        if again := symbol in seen:  # modules that import from each other
            targets = ()
        seen = (*seen, symbol)
        rest = "".join(f".{name}" for name in names[1:])
        found = [Target(*symbol, rest)] if digest and not again else []
        for target in targets:
            self._passed.append(symbol)
            found += self._follow(module, target, names[1:], seen)
        if found:
            return found
        if inner := self.project.find(f"{module.name}.{names[0]}"):
            return self._walk(inner, names[1:], seen) or _anything(inner, names[1:], rest)
        for star in () if again else table["stars"]:
            if start := self.project.find(star):
                found += self._walk(start, names, seen)
            else:
                found.append(Target("", f"{star}:{names[0]}"))
        return found


def _anything(start: Module, names: list[str], rest: str) -> list[Target]:
    """A module, and its name that is bound nowhere; where it lies is no part of what it is."""
    own = [Target(start.name, name, rest) for name in names[:1] if name not in PLACES]
    return [Target(start.name, ""), *own]
