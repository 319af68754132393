"""A command line that cannot be read: what was expected, what was found, and what was meant.

click finds most mistakes; here they get our words, one line each, and a hint that was thought of
beforehand: the flag by its other name, the command that has it, `search` for several values of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from pipeline.names import NONE, meant, unknown

FEW = 12  # values that are named where one is missing


@contextmanager
def in_our_words(
    command: click.Command, parent: click.Context | None, typed: Sequence[str]
) -> Iterator[None]:
    """Let what click says of a mistake be said as the rest of the program says it."""
    try:
        yield
    except click.MissingParameter as error:
        if error.param is None:
            raise
        words = f"expected {_called(error.param)}{_values(error.param)}, found nothing"
        words += _examples(error.param, error.ctx)
        raise click.UsageError(words, error.ctx) from None
    except click.NoSuchOption as error:
        root = parent.find_root().command if parent else command
        words = unknown_flag(root, command, _as_typed(error.option_name, typed))
        raise click.UsageError(words, error.ctx) from None
    except click.BadOptionUsage as error:
        named = (one for one in shown(command) if error.option_name in _spelled(one))
        option = next(named, None)  # --help is none of those that are shown
        lacks = "expected a value, found nothing"
        words = lacks if "requires" in error.message else _no_value(option)
        raise click.UsageError(f"{error.option_name}: {words}", error.ctx) from None
    except click.BadParameter as error:
        if error.param is None:
            raise
        words = _of_range(error.param.type, error.message)
        raise click.UsageError(f"{_called(error.param)}: {words}", error.ctx) from None


def unknown_flag(root: click.Command, command: click.Command, name: str) -> str:
    """What is said of a flag that the command has not, `root` the program that it is one of."""
    synonyms, notes = getattr(root, "synonyms", NONE), getattr(root, "notes", NONE)
    known = [spelling for option in shown(command) for spelling in _spelled(option)]
    words = f"no flag is named {name!r}"
    if not meant(name, known, synonyms):
        if note := notes.get(name.lstrip("-").replace("-", "_")):
            return f"{words}; {note}"
        if others := _elsewhere(root, name):
            return f"{words} here; {others}"
    return unknown("flag", name, known, synonyms).partition("; known:")[0]


def shown(command: click.Command) -> list[click.Option]:
    """The flags that the help of a command lists."""
    return [one for one in command.params if isinstance(one, click.Option) and not one.hidden]


def _elsewhere(root: click.Command, name: str) -> str:
    """Which commands have a flag of that name, or of the one that it has here: --save of run."""
    if not isinstance(root, click.Group) or len(name.lstrip("-")) == 1:
        return ""
    having: dict[str, list[str]] = {}
    for other in root.list_commands(click.Context(root)):
        command = root.get_command(click.Context(root), other)
        for option in shown(command) if command else ():
            having.setdefault(option.opts[0], []).append(other)
    synonyms = getattr(root, "synonyms", NONE)
    flag = meant(name, having) or meant(name, having, synonyms)
    if flag is None:
        return ""
    commands = having[flag]
    many = f"{', '.join(commands[:3])} and others" if len(commands) > 4 else ", ".join(commands)
    return f"{flag} is a flag of {many}"


def _as_typed(name: str, typed: Sequence[str]) -> str:
    """The flag as it was typed: of `-lr` click says that there is no `-l`."""
    if len(name) == 2:
        words = (word.partition("=")[0] for word in typed if word[:2] == name)
        return next(words, name)
    return name


def _called(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        value = parameter.metavar or ""
        return f"{parameter.opts[0]} {value}".strip() if parameter.required else parameter.opts[0]
    return parameter.metavar or parameter.human_readable_name.upper()


def _values(parameter: click.Parameter) -> str:
    """What a value can be, where it is one of some words."""
    if isinstance(parameter.type, click.Choice):
        return f", one of {', '.join(map(str, parameter.type.choices))}"
    return ""


def _examples(parameter: click.Parameter, context: click.Context | None) -> str:
    """Some of what a shell would offer for it."""
    if isinstance(parameter.type, click.Choice):
        return ""
    offered = parameter.shell_complete(context or click.Context(click.Command("")), "")
    words = [one.value for one in offered if one.value][:FEW]
    return f"; there is {', '.join(words)}" if words else ""


def _spelled(option: click.Option) -> list[str]:
    return [*option.opts, *option.secondary_opts]


def _no_value(option: click.Option | None) -> str:
    if option is None:
        return "expected no value, found one"
    off = f", {option.secondary_opts[0]} off" if option.secondary_opts else ""
    return f"expected no value, found one; {option.opts[0]} alone is on{off}"


def _of_range(kind: click.ParamType[Any], words: str) -> str:
    """click's words of a wrong number, in ours."""
    found = re.fullmatch(r"(.*?) is not (?:a valid|in the range).*", words, re.DOTALL)
    if found is None or not isinstance(kind, click.types.IntParamType | click.types.FloatParamType):
        return words
    whole = isinstance(kind, click.types.IntParamType)
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    bounds = [f"at least {least}"] * (least is not None) + [f"at most {most}"] * (most is not None)
    bound = f" of {' and '.join(bounds)}" if bounds else ""
    return f"expected {'an integer' if whole else 'a number'}{bound}, found {found[1]}"
