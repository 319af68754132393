"""Flags: click options made from the parameters of stages, and those that every command has.

A flag hands its text on as it was typed; `pipeline.cli.config` parses it, with the same words for a
flag, an environment variable and a key of a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import click

from pipeline.cli.config import flag
from pipeline.errors import Interrupted
from pipeline.stage import Parameter, Stage

METAVARS = {int: "N", float: "X", str: "TEXT", tuple: "N,N,…"}


class StageCommand(click.Command):
    """A command whose help lists the flags of each stage under the stage's name."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; Ctrl-C becomes `Interrupted`, for which click prints no empty line."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            raise Interrupted from None

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section per stage, then the flags of every command."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for option in self.get_params(context):
            record = option.get_help_record(context)
            if record:
                section = getattr(option, "section", "Other flags")
                sections.setdefault(section, []).append(record)
        for title in sorted(sections, key=lambda title: title == "Other flags"):
            with formatter.section(title):
                formatter.write_dl(sections[title])


class ParameterOption(click.Option):
    """The flag of a stage's parameter."""

    def __init__(self, parameter: Parameter, section: str) -> None:
        self.parameter, self.section = parameter, section
        name, option = flag(parameter.name), parameter.option
        words = f"{option.help}  [default: {_shown(parameter)}]"
        if parameter.kind is bool:
            names = [f"{name}/--no-{name[2:]}"]
            kind: dict[str, Any] = {"is_flag": True}
        else:
            names = [name]
            choices = "|".join(option.choices)
            kind = {"metavar": option.metavar or choices or METAVARS[parameter.kind]}
        super().__init__([*names, parameter.name], default=None, help=words, **kind)


_FLAGS: dict[tuple[int, str], ParameterOption] = {}  # each holds its parameter, so ids stay


def _shown(parameter: Parameter) -> str:
    default = parameter.default
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, tuple):
        return ",".join(map(str, default)) or "none"
    return "none" if default in (None, "") else f"{default}"


def parameter_options(
    stages: Iterable[Stage], parameters: Mapping[str, Parameter]
) -> list[click.Option]:
    """One option for each parameter that the stages take, in the order of the flow."""
    options: dict[str, click.Option] = {}
    for stage in stages:
        for name in stage.parameters:
            if name not in options:
                options[name] = _shared(parameters[name], f"Flags of {stage.name}")
    return list(options.values())


def _shared(parameter: Parameter, section: str) -> ParameterOption:
    """The one flag of a parameter for all commands: to make hundreds takes a tenth of a start.

    It is known by the parameter's identity, for not every one can be hashed: choices may be a list.
    """
    key = id(parameter), section
    if key not in _FLAGS:
        _FLAGS[key] = ParameterOption(parameter, section)
    return _FLAGS[key]


@cache
def common_options(recipes: tuple[str, ...]) -> tuple[click.Option, ...]:
    """The flags that every command has; their values do not identify any result."""
    options = [
        click.Option(
            ["--artifacts-dir"],
            metavar="DIR",
            default="artifacts",
            show_default=True,
            envvar="PIPELINE_ARTIFACTS_DIR",
            help="folder of the cached results",
        ),
        click.Option(
            ["--config"], metavar="FILE", help="TOML file with parameters", **_env("CONFIG")
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="one JSON document on stdout"),
        click.Option(["--quiet"], is_flag=True, help="no progress, only warnings and errors"),
        click.Option(["--verbose"], is_flag=True, help="say why, also for what is cached"),
        click.Option(["--dry-run"], is_flag=True, help="say what would run, and why; run nothing"),
        click.Option(
            ["--progress", "style"],
            type=click.Choice(["auto", "bars", "lines", "json", "quiet"]),
            default="auto",
            show_default=True,
            envvar="PIPELINE_PROGRESS",
            help="how progress is told on stderr",
        ),
        click.Option(["--profile"], metavar="FILE", help="write a CPU profile (pstats) to FILE"),
    ]
    if recipes:
        known = f"named set of parameters: {', '.join(recipes)}"
        options.insert(2, click.Option(["--recipe"], metavar="NAME", help=known, **_env("RECIPE")))
    return tuple(options)


def _env(name: str) -> dict[str, str]:
    return {"envvar": f"PIPELINE_{name}"}


KNOWN_ENVIRONMENT = tuple(
    f"PIPELINE_{name}" for name in ("ARTIFACTS_DIR", "CONFIG", "PROGRESS", "RECIPE")
)
