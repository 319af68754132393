"""Names: how a parameter is spelled in each place, and the nearest known name to a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

PREFIX = "PIPELINE_"
NONE: Mapping[str, str] = MappingProxyType({})


def flag(name: str) -> str:
    """The flag of a parameter."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """The environment variable of a parameter."""
    return PREFIX + name.upper()


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

    by_plain = {_plain(one): one for one in known}
    plain = _plain(name)
    for way in (synonyms.get(plain), plain):
        if way is not None and (same := by_plain.get(_plain(way))):
            return f"did you mean {spell(same)}?"
    near = difflib.get_close_matches(plain, by_plain, 1)
    if near:
        return f"did you mean {spell(by_plain[near[0]])}?"
    return f"known: {', '.join(map(spell, by_plain.values())) or 'none'}"


def _plain(name: str) -> str:
    return name.lstrip("-").replace("-", "_").lower()


def unknown(kind: str, name: str, known: Iterable[str], synonyms: Mapping[str, str] = NONE) -> str:
    """One line for a name that is not there: what it was, and a hint."""
    return f"no {kind} is named {name!r}; {nearest(name, known, repr, synonyms)}"
