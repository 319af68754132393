"""Configuration: default < recipe < file < environment < flag, and where each value came from.

A parameter is one name everywhere: `val_fraction` in a stage's signature, `--val-fraction` as a
flag, `PIPELINE_VAL_FRACTION` in the environment, `val_fraction = 0.2` (or `val-fraction`) in a TOML
file, whose keys are flat. What does not fit is refused in one line that names the place, what was
expected and what was found; an unknown name, with the nearest one that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, DataError
from pipeline.literals import accept, parse, toml_literal
from pipeline.stage import Parameter
from pipeline.store.files import open_file

PREFIX = "PIPELINE_"
TOML_BYTES, TOML_DOTS = 1 << 16, 100


@dataclass(frozen=True)
class Setting:
    """A value and its origin: "default", "recipe fast", "file x.toml", "flag --lr" and so on."""

    value: Any
    origin: str


def resolve(
    parameters: Mapping[str, Parameter],
    *,
    recipe: tuple[str, Mapping[str, Any]] | None = None,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
    known_environment: Iterable[str] = (),
) -> dict[str, Setting]:
    """Give every parameter its value: that of the last layer that names it.

    `parameters` are those of the whole pipeline, so that one file serves each of its commands.
    `recipe` is a name and a flat table. `flags` holds only what was given, as text or as values.
    `known_environment` names variables that begin with `PIPELINE_` and are no parameters.

    Raises `ConfigError` for an unknown name (with the nearest known one), a wrong type, a value
    out of range, and a file that cannot be read.
    """
    settings = {}
    for name, parameter in parameters.items():
        value = _at(f"default of {flag(name)}", accept, parameter, parameter.default)
        settings[name] = Setting(value, "default")
    if recipe is not None:
        settings |= _from_table(parameters, recipe[1], f"recipe {recipe[0]}", f"recipe {recipe[0]}")
    if file is not None:
        settings |= _from_table(parameters, read_toml(file), str(file), f"file {file}")
    settings |= _from_environment(parameters, environment or {}, known_environment)
    for name, given in (flags or {}).items():
        if name not in parameters:
            raise ConfigError(f"unknown flag {flag(name)}; {nearest(name, parameters, flag)}")
        read = parse if isinstance(given, str) else accept
        settings[name] = Setting(
            _at(flag(name), read, parameters[name], given), f"flag {flag(name)}"
        )
    return settings


def flag(name: str) -> str:
    """The flag of a parameter."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """The environment variable of a parameter."""
    return PREFIX + name.upper()


def read_toml(file: Path) -> dict[str, Any]:
    """The table in a TOML file. `ConfigError` where there is none: missing, unreadable, invalid.

    Python's parser takes minutes over a few lines of keys with thousands of dots; keys are flat.
    """
    import tomllib

    try:
        with open_file(file) as stream:
            data = stream.read(TOML_BYTES + 1)
        if (
            len(data) > TOML_BYTES
            or max(line.count(b".") for line in data.split(b"\n")) > TOML_DOTS
        ):
            raise ConfigError(
                f"{file}: expected at most {TOML_BYTES:,} bytes and {TOML_DOTS} dots in a line, "
                "found more"
            )
        return tomllib.loads(data.decode("utf-8-sig"))
    except DataError as error:
        raise ConfigError(f"--config: {error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file}: expected UTF-8 text, found another byte at {error.start}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from None


def document(settings: Mapping[str, Setting]) -> dict[str, dict[str, Any]]:
    """The resolved configuration for JSON: value and origin of each parameter by name."""
    return {
        name: {
            "value": list(setting.value) if isinstance(setting.value, tuple) else setting.value,
            "origin": setting.origin,
        }
        for name, setting in settings.items()
    }


def to_toml(settings: Mapping[str, Setting]) -> str:
    """The resolved configuration as TOML which, read back, gives the same values."""
    lines = [f"{name} = {toml_literal(setting.value)}" for name, setting in settings.items()]
    width = max(map(len, lines), default=0)
    origins = ("".join(c if c.isprintable() else "?" for c in s.origin) for s in settings.values())
    return "".join(
        f"{line:<{width}}  # {origin}\n" for line, origin in zip(lines, origins, strict=True)
    )


def _from_table(
    parameters: Mapping[str, Parameter], table: Mapping[str, Any], place: str, origin: str
) -> dict[str, Setting]:
    settings: dict[str, Setting] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            raise ConfigError(
                f"{place}: expected keys only, found the table [{key}]; keys are flat: "
                f"write its keys at the top level"
            )
        name = key.replace("-", "_")
        if name not in parameters:
            raise ConfigError(f"{place}: unknown key {key!r}; {nearest(name, parameters, repr)}")
        if name in settings:
            raise ConfigError(f"{place}: key {key!r} is there twice, with '-' and with '_'")
        settings[name] = Setting(
            _at(f"{place}, key {key!r}", accept, parameters[name], value), origin
        )
    return settings


def _from_environment(
    parameters: Mapping[str, Parameter], environment: Mapping[str, str], known: Iterable[str]
) -> dict[str, Setting]:
    by_variable = {variable(name): name for name in parameters}
    known = set(known)
    settings = {}
    for key, text in environment.items():
        if not key.startswith(PREFIX) or key in known:
            continue
        if key not in by_variable:
            names = [name.removeprefix(PREFIX) for name in (*by_variable, *sorted(known))]
            hint = nearest(key.removeprefix(PREFIX), names, variable)
            raise ConfigError(f"environment: unknown variable {key}; {hint}")
        place = f"environment {key}"
        name = by_variable[key]
        settings[name] = Setting(_at(place, parse, parameters[name], text), place)
    return settings


def _at(place: str, read: Callable[[Parameter, Any], Any], parameter: Parameter, value: Any) -> Any:
    try:
        return read(parameter, value)
    except ConfigError as error:
        raise ConfigError(f"{place}: {error}") from None


def nearest(name: str, known: Iterable[str], spell: Callable[[str], str] = str) -> str:
    """A hint for a name that is not among those known: the nearest of them, or all."""
    import difflib

    known = list(known)
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"did you mean {spell(near[0])}?"
    return f"known: {', '.join(map(spell, known)) or 'none'}"
