"""A configuration file to edit: every parameter by group, what it means, may be and is by default.

What has its default stands behind a `#`; a line becomes a setting when that is taken away.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pipeline.cli.flags import parameter_options
from pipeline.literals import NONE, toml_literal
from pipeline.parameters import Parameter
from pipeline.settings import Setting

if TYPE_CHECKING:
    from pipeline.cli.definition import Program

COLUMNS = 78
KINDS = {bool: "true or false", int: "an integer", float: "a number", str: "text"}


def commented(program: Program, settings: Mapping[str, Setting], columns: int | None = None) -> str:
    """A TOML file of all parameters of a program; what is set already is set in it.

    columns: how wide its lines may be, where they are shown on a terminal.
    """
    width = min(COLUMNS, columns or COLUMNS)
    pipelines = [program.pipeline, *(other.pipeline for other in program.alternatives.values())]
    sections: dict[str, dict[str, Parameter]] = {}
    for pipeline in pipelines:
        for option in parameter_options(pipeline.upstream(pipeline.stages), pipeline.parameters):
            if not option.hidden:
                name = option.parameter.name
                sections.setdefault(option.section, {}).setdefault(name, option.parameter)
    lead = (
        f"Parameters of {program.name}, for --config FILE or --recipe FILE. Take away the # before "
        "what you want to set. Flags and variables of the environment beat --config, and that "
        "beats --recipe."
    )
    lines = list(_comment(lead, width))
    seen: set[str] = set()
    for title, parameters in sections.items():
        new = {name: one for name, one in parameters.items() if name not in seen}
        seen |= new.keys()
        lines += ["", f"# {f' {title} ':-^{width - 2}}"] if new else []
        for name, parameter in new.items():
            lines += ["", *_explained(parameter, width), _line(name, parameter, settings[name])]
    return "\n".join(lines) + "\n"


def _line(name: str, parameter: Parameter, setting: Setting) -> str:
    if setting.origin == "default":
        return f"#{name} = {toml_literal(parameter.default)}"
    origin = "".join(c if c.isprintable() else "?" for c in setting.origin)
    return f"{name} = {toml_literal(setting.value)}  # {origin}"


def _explained(parameter: Parameter, width: int) -> Iterator[str]:
    return _comment(f"{parameter.option.help} ({_values(parameter)})", width)


def _comment(words: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(words, width, initial_indent="# ", subsequent_indent="# ")


def _values(parameter: Parameter) -> str:
    """What a parameter may be, in words."""
    option = parameter.option
    if option.choices:
        words = "one of " + ", ".join(f'"{choice}"' for choice in option.choices)
    else:
        words = "a list of integers" if parameter.kind is tuple else KINDS[parameter.kind]
        bounds = (
            ("at least", option.minimum),
            ("above", option.above),
            ("at most", option.maximum),
            ("below", option.below),
        )
        limits = [f"{text} {bound:,}" for text, bound in bounds if bound is not None]
        words = ", ".join([words, *limits]) if parameter.kind is not bool else words
    return f'{words}, or "{NONE}"' if parameter.optional else words
