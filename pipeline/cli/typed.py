"""The command line that was typed, as that of another command, with other values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click
from click.core import ParameterSource

from pipeline.literals import flag_text

KEPT = ("recipe", "config", "artifacts_dir")  # of the flags that every command has


def retyped(words: Iterable[str], names: Iterable[str], changes: Mapping[str, Any]) -> str:
    """`words`, then what was typed of the parameters `names`, and last the `changes`.

    A change takes the place of what was typed. Call it within a command, which has flags for all.
    """
    import shlex  # here and not above: few commands need it

    context = click.get_current_context()
    options = {option.name: option for option in context.command.params}
    found = list(words)
    for name in (*KEPT, *names):
        typed = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if typed and name not in changes:
            found += _flag(options[name], context.params[name])
    for name, value in changes.items():
        found += _flag(options[name], value)
    return shlex.join(found)


def _flag(option: click.Parameter, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [(option.opts if value else option.secondary_opts)[0]]
    return [option.opts[0], flag_text(value)]
