"""Configuration files: the table in a TOML file, and the resolved configuration as one.

A parameter is one name everywhere: `val_fraction` in a stage's signature, `--val-fraction` as a
flag, `PIPELINE_VAL_FRACTION` in the environment, `val_fraction = 0.2` (or `val-fraction`) in a TOML
file, whose keys are flat.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, DataError
from pipeline.events.fitting import shortened
from pipeline.literals import toml_literal
from pipeline.settings import Setting
from pipeline.store.files import open_file

TOML_BYTES, TOML_DOTS = 1 << 16, 100


def read_toml(file: Path, flag: str = "--config") -> dict[str, Any]:
    """The table in a TOML file. `ConfigError` where there is none: missing, unreadable, invalid.

    `flag` is the one that named the file. Python's parser takes minutes over a few lines of keys
    with thousands of dots; keys are flat.
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
        raise ConfigError(f"{flag}: {error}") from None
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


def to_toml(settings: Mapping[str, Setting], columns: int | None = None, mark: str = "…") -> str:
    """The resolved configuration as TOML which, read back, gives the same values.

    Comments say where each comes from; a line of at most `columns` characters cuts them short,
    with `mark`.
    """
    lines = [f"{name} = {toml_literal(setting.value)}" for name, setting in settings.items()]
    width = max(map(len, lines), default=0)
    origins = ("".join(c if c.isprintable() else "?" for c in s.origin) for s in settings.values())
    if columns is not None:
        width = min(width, columns // 2)
    return "".join(
        _commented(f"{line:<{width}}", origin, columns, mark)
        for line, origin in zip(lines, origins, strict=True)
    )


def _commented(line: str, origin: str, columns: int | None, mark: str) -> str:
    comment = shortened(f"  # {origin}", None if columns is None else columns - len(line), mark)
    return f"{line}{comment if len(comment) > 4 else ''}".rstrip() + "\n"
