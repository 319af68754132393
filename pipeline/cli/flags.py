"""Flags: click options made from the parameters of stages.

A flag hands its text on as it was typed; `pipeline.settings` parses it, with the same words for a
flag, an environment variable and a key of a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from pipeline.cli.completion import items
from pipeline.cli.help import HelpfulCommand
from pipeline.errors import Interrupted
from pipeline.names import flag
from pipeline.parameters import Parameter
from pipeline.stage import Stage

WIDEST = 40  # characters of choices that stand beside a flag; more stand in its explanation
METAVARS = {int: "N", float: "X", str: "TEXT", tuple: "N,N,…"}


class StageCommand(HelpfulCommand):
    """A command whose flags come from the parameters of stages."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; Ctrl-C becomes `Interrupted`, for which click prints no empty line."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            raise Interrupted from None


class ParameterOption(click.Option):
    """The flag of a stage's parameter, by the name that it has or, hidden, by one that it had."""

    def __init__(self, parameter: Parameter, name: str, section: str) -> None:
        self.parameter, self.section = parameter, section
        spelled, option = flag(name), parameter.option
        choices = "|".join(option.choices)
        many = len(choices) > WIDEST
        listed = f"; one of {', '.join(option.choices)}" if many else ""
        words = f"{option.help}{listed}  [default: {_shown(parameter)}]"
        if parameter.kind is bool:
            names = [f"{spelled}/--no-{spelled[2:]}"]
            kind: dict[str, Any] = {"is_flag": True}
        else:
            names = [spelled]
            shown = "NAME" if many else choices
            kind = {"metavar": option.metavar or shown or METAVARS[parameter.kind]}
        hidden = name != parameter.name
        super().__init__([*names, name], default=None, help=words, hidden=hidden, **kind)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """The values that the parameter takes, where they are words; else files."""
        option = self.parameter.option
        is_place = self.parameter.kind is str and not option.choices
        return items((*option.choices, *option.words), incomplete, files=is_place)


_FLAGS: dict[tuple[int, str, str], ParameterOption] = {}  # each holds its parameter, so ids stay


def _shown(parameter: Parameter) -> str:
    default = parameter.default
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, tuple):
        return ",".join(map(str, default)) or "none"
    return "none" if default in (None, "") else f"{default}"


def parameter_options(
    stages: Iterable[Stage], parameters: Mapping[str, Parameter]
) -> list[ParameterOption]:
    """The options of each parameter that the stages take, in the order of the flow."""
    options: dict[str, ParameterOption] = {}
    for stage in stages:
        for name in stage.parameters:
            parameter = parameters[name]
            section = parameter.group or parameter.option.section or stage.name.capitalize()
            for spelled in (name, *parameter.option.formerly):
                if spelled not in options:
                    options[spelled] = _shared(parameter, spelled, section)
    return list(options.values())


def _shared(parameter: Parameter, name: str, section: str) -> ParameterOption:
    """The one flag of a parameter for all commands: to make hundreds takes a tenth of a start.

    It is known by the parameter's identity, for not every one can be hashed: choices may be a list.
    """
    key = id(parameter), name, section
    if key not in _FLAGS:
        _FLAGS[key] = ParameterOption(parameter, name, section)
    return _FLAGS[key]
