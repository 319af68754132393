"""A word that belongs to nothing: `run lr=0.1`, `train adam`, `--lr 0.1 0.2`. What was meant?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from pipeline.cli.mistakes import shown
from pipeline.errors import ConfigError
from pipeline.literals import parse
from pipeline.names import NONE, meant
from pipeline.parameters import Parameter

FILES = {".toml": "config", ".json": "load"}  # what a file may have been meant for, by its suffix


def stray_word(
    command: click.Command, context: click.Context, word: str, typed: Sequence[str]
) -> str:
    """What is said of `word`, among all that were typed after the command."""
    words = f"expected no further word, found {word!r}"
    hint = _after_a_flag(command, context, word, typed) or _meant(command, context, word)
    return f"{words}; {hint}" if hint else words


def search_for(program: Any, parameter: Parameter, text: str) -> str:
    """Where `text` is several values of a parameter: the command that tries them. Else "".

    program: what has the name of the program and that of the command (`tries`).
    """
    command = getattr(program, "tries", "")
    if not command or not is_series(parameter, text):
        return ""
    values = "".join(text.split())
    drawn = " --trials 20" if ".." in values else ""
    typed = f"{program.name} {command} {parameter.name}={values}{drawn}"
    return f"several values are tried by '{typed}'"


def is_series(parameter: Parameter, text: str) -> bool:
    """Whether `text` is no value of the parameter, but a list or a range of them."""
    separators = ("/",) if parameter.kind is tuple else (",", "..", "/")
    if _fits(parameter, text):
        return False
    parts = [text.split(one) for one in separators if one in text]
    return any(all(_fits(parameter, one.strip()) for one in found) for found in parts)


def _fits(parameter: Parameter, text: str) -> bool:
    try:
        parse(parameter, text)
    except ConfigError:
        return False
    return True


def _after_a_flag(
    command: click.Command, context: click.Context, word: str, typed: Sequence[str]
) -> str:
    """A word that follows a flag, or the value of one."""
    options = {name: o for o in shown(command) for name in (*o.opts, *o.secondary_opts)}
    at = list(typed).index(word) if word in typed else 0
    before = options.get(typed[at - 1]) if at else None
    if before is not None and before.is_flag:
        off = f", {before.secondary_opts[0]} is off" if before.secondary_opts else ""
        return f"{before.opts[0]} takes no value: alone it is on{off}"
    option = options.get(typed[at - 2]) if at > 1 else None
    if option is None or option.is_flag:
        return ""
    flag, value = option.opts[0], typed[at - 1]
    if value in options:
        return f"{flag} takes a value, and {value!r} was taken for it"
    parameter = getattr(option, "parameter", None)
    if parameter is None:
        return f"quote what has spaces: {flag} '{value} {word}'"
    if parameter.kind is tuple:
        return f"did you mean {flag} {value},{word}?"
    return search_for(context.find_root().command, parameter, f"{value},{word}")


def _meant(command: click.Command, context: click.Context, word: str) -> str:
    """A word that is the name, a name with a value, or a value of a flag."""
    root = context.find_root().command
    if word == "help":
        return "did you mean --help?"
    options = {option.opts[0]: option for option in shown(command)}
    name, equals, value = word.partition("=")
    if flag := meant(name, options, getattr(root, "synonyms", NONE)):
        option = options[flag]
        if not equals:
            return f"did you mean {flag}? '{root.name} help {flag[2:]}' explains it"
        parameter = getattr(option, "parameter", None)
        tried = search_for(root, parameter, value) if parameter is not None else ""
        return tried or f"did you mean {_typed(option, value)}?"
    if offered := [flag for flag, one in options.items() if word in _offers(one, context, word)]:
        return f"did you mean {offered[0]} {word}?"
    for suffix, meaning in FILES.items():
        if word.endswith(suffix) and f"--{meaning}" in options:
            return f"did you mean --{meaning} {word}?"
    return ""


def _offers(option: click.Option, context: click.Context, word: str) -> list[str]:
    return [one.value for one in option.shell_complete(context, word) if one.type == "plain"]


def _typed(option: click.Option, value: str) -> str:
    if not option.is_flag:
        return f"{option.opts[0]} {value}"
    off: Any = value.lower() in ("0", "false", "no", "off") and option.secondary_opts
    return off[0] if off else option.opts[0]
