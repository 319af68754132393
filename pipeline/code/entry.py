"""Entry: what a table keeps of one symbol, as it stands in memory and, as a list, in a cache."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple


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
