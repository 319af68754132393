"""What modules do when they are imported: the statements that change what others hold.

A call at the top level of a module may change each changeable symbol that the called function
reaches, or that it is given. The functions of the framework are not followed, wherever it lies:
what they reach is its own; what they are given counts. What is loaded is also looked at as it is
(live.py); these rules stand for what is not loaded, what cannot be looked into, and what lies
outside the project: who uses a package counts the statements that change something of it
(`np.seterr(…)`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from pipeline.code.links import Links, Symbol
from pipeline.code.modules import Module
from pipeline.code.package_state import setter_of, state_of

Changes = Mapping[Symbol, list[Symbol]]  # what is changed → by what
Outside = Mapping[str, list[Symbol]]  # a package → what changes something of it
States = Mapping[str, str]  # a package → its state, where something sets that
_HARMLESS = {"__future__", "dataclasses", "functools", "logging", "typing", "warnings"}


class Effects:
    """The changes that the modules make which importing a module brings in."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._loaded: dict[tuple[Module, str], dict[Module, None]] = {}
        self._changes: dict[Module, list[tuple[Symbol, Symbol]]] = {}
        self._outside: dict[Module, list[tuple[str, Symbol]]] = {}
        self._sets: dict[Module, set[str]] = {}  # packages whose state a module sets
        self._of: dict[Module, tuple[Changes, Outside, States]] = {}

    def loaded(
        self, module: Module, which: Literal["imports", "top"] = "imports"
    ) -> dict[Module, None]:
        """The modules of the project that a module imports ("top": when it is imported itself)."""
        if (module, which) not in self._loaded:
            found: dict[Module, None] = {}
            waiting = [module.name]
            for name in waiting:  # which grows meanwhile
                one = self._links.project.find(name)
                if one and one not in found and (one == module or not _is_framework(name)):
                    found[one] = None
                    waiting += self._links.table(one)[which]
                    waiting.append(name.rpartition(".")[0])
            self._loaded[module, which] = found
        return self._loaded[module, which]

    def of(self, module: Module) -> tuple[Changes, Outside, States]:
        """Who changes what, of all that a module imports: symbols, and packages outside; and the
        states of such packages."""
        if module not in self._of:
            changes: dict[Symbol, list[Symbol]] = {}
            outside: dict[str, list[Symbol]] = {}
            for loaded in self.loaded(module):
                for changed, by in self._changes_in(loaded):
                    changes.setdefault(changed, []).append(by)
                for package, by in self._outside_in(loaded):
                    outside.setdefault(package, []).append(by)
            sets = {one for loaded in self.loaded(module) for one in self._sets[loaded]}
            states = {package: state_of(package) for package in sorted(sets)}
            self._of[module] = changes, outside, states
        return self._of[module]

    def _changes_in(self, module: Module) -> list[tuple[Symbol, Symbol]]:
        """What the top level of a module may change, each with the symbol that does it."""
        if module not in self._changes:
            links, enters = self._links, _entered_from(module)
            changes: list[tuple[Symbol, Symbol]] = []
            for name, calls, bases, references in links.table(module)["effects"]:
                called = links.symbols(module, calls)
                derived = links.closure(links.symbols(module, bases))
                called += [one for one in derived if one[1] and links.entry(one).aware]
                if called:
                    reached = links.closure(called, enters)
                    within = [*reached, *links.symbols(module, references)]
                    named = [symbol for symbol in dict.fromkeys(within) if symbol[1]]
                    changed = [symbol for symbol in named if links.entry(symbol).changeable]
                    changes += [(symbol, (module.name, name)) for symbol in changed]
            self._changes[module] = changes
        return self._changes[module]

    def _outside_in(self, module: Module) -> list[tuple[str, Symbol]]:
        if module not in self._outside:
            links, enters = self._links, _entered_from(module)
            found: dict[tuple[str, Symbol], None] = {}
            sets = self._sets[module] = set[str]()
            for name, reference in links.table(module)["outside"]:
                targets = links.resolve_all(module, [reference])
                followed = [target.symbol for target in targets if links.follows(target)]
                for symbol in links.closure(followed, enters):
                    targets += [one for group in links.node(symbol).targets for one in group]
                names = [one.name for one in targets if not one.module]
                sets |= {package for one in names if (package := setter_of(one))}
                packages = {package_of(one.name) for one in targets if not one.module}
                found |= dict.fromkeys((p, (module.name, name)) for p in sorted(packages))
            for name, reference in links.table(module)["registers"]:
                targets = links.resolve_all(module, [reference])
                packages = {package_of(one.name) for one in targets if not one.module}
                found |= dict.fromkeys((p, (module.name, name)) for p in sorted(packages))
            self._outside[module] = [one for one in found if one[0] not in _HARMLESS]
        return self._outside[module]


def _is_framework(name: str) -> bool:
    """Whether it is a module of the framework, whose imports change nothing of a project."""
    return name.partition(".")[0] == __name__.partition(".")[0]


def _entered_from(module: Module) -> Callable[[str], bool]:
    """Which modules are looked into for what statements of a module may change."""
    if _is_framework(module.name):
        return lambda name: True
    return lambda name: not _is_framework(name)


def package_of(outside: str) -> str:
    """The package that something outside belongs to: numpy for "numpy.linalg:norm"."""
    return outside.partition(":")[0].partition(".")[0]
