"""The graph of what a function reaches, and its digest: whatever things are called.

The symbols are numbered as they are met, from the function on, in the order of their references;
each is written as its own digest and the numbers of what it refers to. Two programs have the same
graph where they are the same but for names of functions, variables and modules, for the order of
definitions, and for the way in which things are imported. Names of classes count, for values show
them; names of functions where they may be seen: where a function is used as a value, where a
decorator gets it, and where code that is reached asks for `__name__`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from pipeline.code.effects import Effects, package_of
from pipeline.code.hashing import short_hash
from pipeline.code.links import ALL_LOADED, AS_GROUP, AS_STAGE, Links, Node, Symbol, Target
from pipeline.code.modules import Module


class Facts(NamedTuple):
    """What a live value adds to its symbol: its content as a text, and the symbols in it."""

    text: str = ""
    links: tuple[Symbol, ...] = ()
    values: Mapping[str, str] = MappingProxyType(
        {}
    )  # digests of captured values by name, for people
    mutable: bool = False  # whether what has been looked at may change
    opaque: tuple[str, ...] = ()  # the types of what has no content
    words: Collection[str] = ()  # what functions without a source look at, see nature.py


@dataclass(frozen=True)
class Reached:
    """What a function reaches. `symbols` maps "module.name" to a digest, for people; `graph` is the
    identity of all of it; `modules` are the sources; `unused` are arguments never mentioned;
    `opaque` are values that have no content to be compared, in words."""

    graph: str
    symbols: dict[str, str]
    modules: tuple[Module, ...] = ()
    unused: tuple[str, ...] = ()
    words: Collection[str] = ()
    opaque: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)  # of packages, see package_state.py


class Walk:
    """One walk, from a function on. `facts(symbol)` says what its live value adds to a symbol,
    and `facts(symbol, True)` whether a name that an import binds has another value than that;
    modules named in `ignores`, and those below them, are not followed."""

    def __init__(
        self,
        links: Links,
        effects: Effects,
        module: Module,
        facts: Callable[..., Facts],
        ignores: Collection[str] = (),
    ) -> None:
        self._links, self._facts, self._ignores = links, facts, tuple(ignores)
        self._loaded = effects.loaded(module, "top")
        self._changes, self._outside, self._states = effects.of(module)
        self._order: list[Symbol] = []
        self._numbers: dict[Symbol, int] = {}
        self._escaped: set[Symbol] = set()

    def reached(self, start: Iterable[Symbol], root: Facts) -> Reached:
        """All that these symbols reach, and what `root`, the function itself, holds."""
        rows = []
        for symbol in start:
            self._number(symbol)
        links = self._numbers_of(root.links)
        for symbol in self._order:  # which grows meanwhile
            rows.append(self._row(symbol))
        words = {word for _, node, live, _ in rows for word in (*node.entry.words, *live.words)}
        words.update(root.words)
        identity: list[Any] = [[root.text, links]]
        symbols = dict(root.values)
        opaque = {f"what the function holds, a {one}": None for one in root.opaque}
        modules: dict[Module, None] = {}
        for symbol, node, live, references in rows:
            entry = node.entry
            conditional = [
                f"{kind} {h}" for kind, h in sorted(entry.conditional.items()) if kind in words
            ]
            shows = entry.function and ("names" in words or symbol in self._escaped)
            named = symbol[1] if entry.named or shows else ""
            shown = [*conditional, *([live.text] if live.text else [])]
            identity.append([entry.digest, named or node.names, *shown, references])
            modules[self._links.project.module(symbol[0])] = None
            symbols |= live.values
            opaque |= {f"{'.'.join(symbol)}, a {one}": None for one in live.opaque}
            if node.entry.digest or live.text:
                label = ".".join(symbol).removesuffix(AS_STAGE).removesuffix(AS_GROUP)
                texts = [node.digest, *shown]
                symbols[label] = short_hash("\n".join(texts)) if shown else node.digest
        text = json.dumps(identity, separators=(",", ":"))
        graph = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        unused = rows[0][1].entry.unused if rows else ()
        symbols, found = dict(sorted(symbols.items())), (tuple(modules), tuple(unused), words)
        return Reached(graph, symbols, *found, tuple(opaque), self._states)

    def _row(self, symbol: Symbol) -> tuple[Symbol, Node, Facts, list[Any]]:
        node, live = self._links.node(symbol), self._facts(symbol)
        references: list[list[Any]] = [[*map(self._written, group)] for group in node.targets]
        changed_by = self._changes.get(symbol, ())
        rebound = [self._facts(via, True) for via in node.vias]
        for facts in [one for one in rebound if one.text]:
            live = live._replace(text=live.text + facts.text, links=live.links + facts.links)
        references += [self._numbers_of(live.links), self._numbers_of(changed_by)]
        module = self._links.project.module(symbol[0])
        self._escaped.update(self._links.symbols(module, node.entry.escaping))
        self._escaped.update(one for one in live.links if one != symbol)
        return symbol, node, live, references

    def _written(self, target: Target) -> list[Any]:
        if target.module == ALL_LOADED:
            return self._numbers_of((one.name, "") for one in self._loaded)
        if not target.module:
            package = package_of(target.name)
            by = self._outside.get(package, ())
            states = [s for name, s in self._states.items() if package_of(name) == package]
            return [target.name, *self._numbers_of(by), *states]
        if not self._links.follows(target) or self._is_ignored(target.module):
            return [f"{target.module}:{target.name}{target.rest}"]
        return [self._number(target.symbol), target.rest]

    def _numbers_of(self, symbols: Iterable[Symbol]) -> list[int]:
        return [self._number(symbol) for symbol in symbols if not self._is_ignored(symbol[0])]

    def _number(self, symbol: Symbol) -> int:
        if symbol not in self._numbers:
            self._numbers[symbol] = len(self._order)
            self._order.append(symbol)
        return self._numbers[symbol]

    def _is_ignored(self, name: str) -> bool:
        return any(name == one or name.startswith(f"{one}.") for one in self._ignores)
