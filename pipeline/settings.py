"""Settings: the value of each parameter, and where it came from.

    default < recipe < file < environment < flag (or argument, from Python)

The last layer that names a parameter decides. What does not fit is refused in one line that names
the place, what was expected and what was found; an unknown name, with the nearest known one.

A recipe describes a whole: where it sets a number of epochs and the caller another one, what is
measured in epochs (`Option.scales_with`) follows in proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigError
from pipeline.literals import accept, parse
from pipeline.names import NONE, PREFIX, flag, nearest, variable
from pipeline.parameters import Parameter

Warn = Callable[[str], None]
_TABLE = "from Python its values are arguments: give **tomllib.load(file), of its TOML file"
TABLES = {"recipe": _TABLE, "config": _TABLE}  # flags whose place other means take


@dataclass(frozen=True)
class Setting:
    """A value and its origin: "default", "recipe fast", "file x.toml", "flag --lr" and so on."""

    value: Any
    origin: str


class Names:
    """The names that parameters have and had: a former one still works, with a warning."""

    def __init__(
        self, parameters: Mapping[str, Parameter], warn: Warn, synonyms: Mapping[str, str] = NONE
    ) -> None:
        self.parameters, self._warn, self.synonyms = parameters, warn, synonyms
        self.former = {old: p.name for p in parameters.values() for old in p.option.formerly}

    def today(self, name: str, place: str, spell: Callable[[str], str]) -> str:
        """The name that a parameter has today; itself where it is no former one."""
        if name in self.parameters or name not in self.former:
            return name
        current = self.former[name]
        self._warn(f"{place}: {spell(name)} is called {spell(current)} now; use that name")
        return current


def resolve(
    parameters: Mapping[str, Parameter],
    *,
    recipe: tuple[str, Mapping[str, Any]] | None = None,
    file: tuple[str, Mapping[str, Any]] | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
    arguments: Mapping[str, Any] | None = None,
    known_environment: Iterable[str] = (),
    known_arguments: Iterable[str] = (),
    synonyms: Mapping[str, str] = NONE,
    warn: Warn = lambda message: None,
) -> dict[str, Setting]:
    """Give every parameter its value: that of the last layer that names it.

    `parameters` are those of the whole pipeline, so that one file serves each of its commands.
    `recipe` and `file` are a name and a flat table. `flags` holds only what was given, as text or
    as values; `arguments`, what was given from Python. `known_environment` names variables that
    begin with `PIPELINE_` and are no parameters, `known_arguments` what else a caller from Python
    may give; `synonyms`, what others call a parameter.

    Raises `ConfigError` for an unknown name (with the nearest known one), a wrong type, and a value
    out of range. An unknown variable of the environment is a warning: others use the prefix, too.
    """
    names = Names(parameters, warn, synonyms)
    settings = {}
    for name, parameter in parameters.items():
        value = _at(f"default of {flag(name)}", accept, parameter, parameter.default)
        settings[name] = Setting(value, "default")
    if recipe is not None:
        place = f"recipe {recipe[0]}"
        settings |= _from_table(names, recipe[1], place, place)
    of_recipe = dict(settings)
    if file is not None:
        settings |= _from_table(names, file[1], file[0], f"file {file[0]}")
    settings |= _from_environment(names, environment or {}, known_environment, warn)
    for given, value in (flags or {}).items():
        name = names.today(given, "command line", flag)
        read = parse if isinstance(value, str) else accept
        settings[name] = Setting(
            _at(flag(given), read, parameters[name], value), f"flag {flag(name)}"
        )
    for given, value in (arguments or {}).items():
        name = names.today(given, "arguments", str)
        if name not in parameters:
            hint = nearest(given, [*parameters, *known_arguments], str, synonyms)
            raise ConfigError(f"unknown parameter {given!r}; {TABLES.get(given, hint)}")
        settings[name] = Setting(_at(given, accept, parameters[name], value), f"argument {name}")
    return _scaled(parameters, settings, of_recipe) if recipe is not None else settings


def scaled(parameter: Parameter, value: Any, factor: float) -> Any:
    """`value` times `factor`: a whole number stays one, and nothing falls below its minimum."""
    number = round(value * factor) if parameter.kind is int else value * factor
    least = parameter.option.minimum
    return number if least is None else max(number, parameter.kind(least))


def _scaled(
    parameters: Mapping[str, Parameter],
    settings: Mapping[str, Setting],
    of_recipe: Mapping[str, Setting],
) -> dict[str, Setting]:
    """What the recipe measures in another parameter, in proportion to what that is now."""
    found = dict(settings)
    for name, parameter in parameters.items():
        base = parameter.option.scales_with
        if base is None or base not in parameters or settings[name] is not of_recipe[name]:
            continue
        before, now = of_recipe[base], settings[base]
        if settings[name].origin == "default" or before.origin == "default" or before is now:
            continue
        value = scaled(parameter, settings[name].value, now.value / before.value)
        if value != settings[name].value:
            words = f"{settings[name].origin}, for {now.value} instead of {before.value} {base}"
            found[name] = Setting(value, words)
    return found


def _from_table(
    names: Names, table: Mapping[str, Any], place: str, origin: str
) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            raise ConfigError(
                f"{place}: expected keys only, found the table [{key}]; keys are flat: "
                f"write its keys at the top level"
            )
        name = names.today(key.replace("-", "_"), place, str)
        if name not in names.parameters:
            raise ConfigError(
                f"{place}: unknown key {key!r}; "
                f"{nearest(name, names.parameters, repr, names.synonyms)}"
            )
        if name in settings:
            raise ConfigError(f"{place}: key {key!r} is there twice, in two spellings")
        found = _at(f"{place}, key {key!r}", accept, names.parameters[name], value)
        settings[name] = Setting(found, origin)
    return settings


def _from_environment(
    names: Names, environment: Mapping[str, str], known: Iterable[str], warn: Warn
) -> dict[str, Setting]:
    by_variable = {variable(name): name for name in (*names.former, *names.parameters)}
    known = set(known)
    settings = {}
    for key, text in environment.items():
        if not key.startswith(PREFIX) or key in known or not text:
            continue
        place = f"environment {key}"
        if key not in by_variable:
            spelled = [name.removeprefix(PREFIX) for name in (*by_variable, *sorted(known))]
            hint = nearest(key.removeprefix(PREFIX), spelled, variable, names.synonyms)
            warn(f"{place}: no parameter has this variable, so it is ignored; {hint}")
            continue
        name = names.today(by_variable[key], "environment", variable)
        settings[name] = Setting(_at(place, parse, names.parameters[name], text), place)
    return settings


def _at(place: str, read: Callable[[Parameter, Any], Any], parameter: Parameter, value: Any) -> Any:
    try:
        return read(parameter, value)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None
