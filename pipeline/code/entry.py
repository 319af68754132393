"""What is kept of a module, and of each symbol in it, in memory and, as JSON, in a cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypedDict


class Entry(NamedTuple):
    """One symbol of a module.

    digest       of its statements, references by number; "" where only an import binds it
    targets      what imports bind it to
    groups       what each numbered reference may come to
    escaping     the references that are used as values, and not only called
    changeable   whether code elsewhere may change what it holds
    aware        whether, as a class, it notices who derives from it
    words        what it mentions that looks at code as data: see nature.py
    conditional  digests of what counts only where such a word is reached: see clean.py
    named        whether its own name may be seen at run time: it has a decorator
    function     whether it is a function, whose name goes with it wherever it is used as a value
    unused       of a stage: the arguments that its body never mentions
    """

    digest: str
    targets: Sequence[str] = ()
    groups: Sequence[Sequence[str]] = ()
    escaping: Sequence[str] = ()
    changeable: bool = False
    aware: bool = False
    words: Sequence[str] = ()
    conditional: Mapping[str, str] = MappingProxyType({})
    named: bool = False
    function: bool = False
    unused: Sequence[str] = ()


class Table(TypedDict):
    """The table of one module: see symbols.py. (From a cache, tuples are lists.)"""

    symbols: dict[str, list[Any]]  # an entry's fields
    effects: list[tuple[str, list[str], list[str], list[str]]]
    outside: list[tuple[str, str]]
    registers: list[tuple[str, str]]
    stars: list[str]
    imports: list[str]
    top: list[str]
    lines: list[tuple[int, int, str]]
    twice: list[str]


# Of what has no source. Others share its lists, which nobody changes.
EMPTY: Table = {
    "symbols": {},
    "effects": [],
    "outside": [],
    "registers": [],
    "stars": [],
    "imports": [],
    "top": [],
    "lines": [],
    "twice": [],
}
