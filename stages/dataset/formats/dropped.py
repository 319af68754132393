"""Columns to leave out, as they are written after `--drop`: separated by commas.

A name with a comma or a quote of its own stands in double quotes, as it does in CSV.
"""

from __future__ import annotations

import csv
import io

from pipeline.errors import ConfigError
from stages.dataset.formats.layout import shown


def names_in(text: str) -> list[str]:
    """The names of columns in the value of `--drop`."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True))
    except csv.Error as error:
        raise ConfigError(
            f"--drop: expected names of columns, separated by commas, found what is none ({error})"
        ) from error
    return [name.strip() for row in rows for name in row if name.strip()]


def drop_flag(name: str) -> str:
    """The flag that leaves a column out, as it is typed in a shell."""
    if any(sign in name for sign in ',"\r\n'):
        name = '"{}"'.format(name.replace('"', '""'))
    import shlex  # here and not above: few need it

    return f"--drop {shlex.quote(shown(name))}"
