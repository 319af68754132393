"""What modules do when they are imported: the statements that change what others hold.

A call at the top level of a module may change each changeable symbol that the called function
reaches, or that it is given. What is loaded is also looked at as it is (live.py); these rules stand
for what is not loaded, what cannot be looked into, and what lies outside the project: who uses a
package counts the statements that change something of it (`np.seterr(…)`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pipeline.code.links import Links, Symbol
from pipeline.code.modules import Module

Changes = Mapping[Symbol, list[Symbol]]  # what is changed → by what
Outside = Mapping[str, list[Symbol]]  # a package → what changes something of it
_HARMLESS = {"__future__", "dataclasses", "functools", "logging", "typing", "warnings"}


class Effects:
    """The changes that the modules make which importing a module brings in."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._loaded: dict[tuple[Module, str], dict[Module, None]] = {}
        self._changes: dict[Module, list[tuple[Symbol, Symbol]]] = {}
        self._outside: dict[Module, list[tuple[str, Symbol]]] = {}
        self._of: dict[Module, tuple[Changes, Outside]] = {}

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

    def of(self, module: Module) -> tuple[Changes, Outside]:
        """Who changes what, of all that a module imports: symbols, and packages outside."""
        if module not in self._of:
            changes: dict[Symbol, list[Symbol]] = {}
            outside: dict[str, list[Symbol]] = {}
            for loaded in self.loaded(module):
                for changed, by in self._changes_in(loaded):
                    changes.setdefault(changed, []).append(by)
                for package, by in self._outside_in(loaded):
                    outside.setdefault(package, []).append(by)
            self._of[module] = changes, outside
        return self._of[module]

    def _changes_in(self, module: Module) -> list[tuple[Symbol, Symbol]]:
        """What the top level of a module may change, each with the symbol that does it."""
        if module not in self._changes:
            links = self._links
            changes: list[tuple[Symbol, Symbol]] = []
            for name, calls, bases, references in links.table(module)["effects"]:
                called = links.symbols(module, calls)
                derived = links.closure(links.symbols(module, bases))
                called += [one for one in derived if one[1] and links.entry(one).aware]
                if called:
                    within = [*links.closure(called), *links.symbols(module, references)]
                    named = [symbol for symbol in dict.fromkeys(within) if symbol[1]]
                    changed = [symbol for symbol in named if links.entry(symbol).changeable]
                    changes += [(symbol, (module.name, name)) for symbol in changed]
            self._changes[module] = changes
        return self._changes[module]

    def _outside_in(self, module: Module) -> list[tuple[str, Symbol]]:
        if module not in self._outside:
            links = self._links
            found: dict[tuple[str, Symbol], None] = {}
            for name, reference in links.table(module)["outside"]:
                targets = links.resolve_all(module, [reference])
                for symbol in links.closure(t.symbol for t in targets if links.follows(t)):
                    targets += [one for group in links.node(symbol).targets for one in group]
                packages = {package_of(one.name) for one in targets if not one.module}
                found |= dict.fromkeys((p, (module.name, name)) for p in sorted(packages))
            self._outside[module] = [one for one in found if one[0] not in _HARMLESS]
        return self._outside[module]


def _is_framework(name: str) -> bool:
    """Whether it is a module of the framework, whose imports change nothing of a project."""
    return name.partition(".")[0] == __name__.partition(".")[0]


def package_of(outside: str) -> str:
    """The package that something outside belongs to: numpy for "numpy.linalg:norm"."""
    return outside.partition(":")[0].partition(".")[0]
