"""Names: how a parameter is spelled in each place, and the nearest known name to a wrong one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

PREFIX = "PIPELINE_"


def flag(name: str) -> str:
    """The flag of a parameter."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """The environment variable of a parameter."""
    return PREFIX + name.upper()


def nearest(name: str, known: Iterable[str], spell: Callable[[str], str] = str) -> str:
    """A hint for a name that is not among those known: the nearest of them, or all."""
    import difflib  # here and not above: only a mistake needs it

    known = list(known)
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"did you mean {spell(near[0])}?"
    return f"known: {', '.join(map(spell, known)) or 'none'}"


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """One line for a name that is not there: what it was, and a hint."""
    return f"no {kind} is named {name!r}; {nearest(name, known, repr)}"
