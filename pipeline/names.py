"""Names: how a parameter is spelled in each place, and the nearest known name to a wrong one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

PREFIX = "PIPELINE_"
NONE: Mapping[str, str] = MappingProxyType({})
# Flags that arguments of `run` have another name for.
FROM_PYTHON = {"artifacts_dir": "store", "cluster_tls": "tls"}
MOST = 12  # names that are listed where none is near


def flag(name: str) -> str:
    """The flag of a parameter."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """The environment variable of a parameter."""
    return PREFIX + name.upper()


def in_words_of_python(message: str, arguments: Collection[str]) -> str:
    """A message as a caller from Python reads it: flags by the names of arguments."""

    def spelled(found: re.Match[str]) -> str:
        name = plain(found[0])
        name = FROM_PYTHON.get(name, name)
        return name if name in arguments else found[0]

    return re.sub(r"(?<![\w'\"-])--[a-z][a-z0-9-]*", spelled, message)


def nearest(
    name: str,
    known: Iterable[str],
    spell: Callable[[str], str] = str,
    synonyms: Mapping[str, str] = NONE,
) -> str:
    """A hint for a name that is not among those known: the nearest of them, or all.

    `synonyms` maps names that other programs use to ours, both as variables are written.
    """
    import difflib  # here and not above: only a mistake needs it

    known = list(known)
    if same := meant(name, known, synonyms):
        return f"did you mean {spell(same)}?"
    by_plain = {plain(one): one for one in known}
    near = difflib.get_close_matches(plain(name), by_plain, 1)
    if near:
        return f"did you mean {spell(by_plain[near[0]])}?"
    names = [spell(one) for one in by_plain.values()]
    more = [f"{len(names) - MOST} more"] if len(names) > MOST + 1 else []
    return f"known: {', '.join(names[:MOST] + more if more else names) or 'none'}"


def meant(name: str, known: Iterable[str], synonyms: Mapping[str, str] = NONE) -> str | None:
    """The known name that is `name` in another spelling, or what another program calls it."""
    by_plain = {plain(one): one for one in known}
    ours = synonyms.get(plain(name))
    siblings = [other for other, same in synonyms.items() if ours and same == ours]
    ways = (ours, plain(name), *siblings)  # --out is --save of one command, --output of another
    return next((by_plain[plain(way)] for way in ways if way and plain(way) in by_plain), None)


def plain(name: str) -> str:
    """A name as a variable is written: `--val-fraction` is val_fraction."""
    return name.lstrip("-").replace("-", "_").lower()


def unknown(kind: str, name: str, known: Iterable[str], synonyms: Mapping[str, str] = NONE) -> str:
    """One line for a name that is not there: what it was, and a hint."""
    return f"no {kind} is named {name!r}; {nearest(name, known, repr, synonyms)}"
