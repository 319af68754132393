"""Literals: a parameter's value as text (a flag, an environment variable), as TOML, as itself.

Text is read according to the parameter's type; TOML has types of its own, which must fit. The text
`none` stands for None wherever a parameter allows it, in TOML too, which has no null.
"""

from __future__ import annotations

import json
import math
import os
from typing import Any

from pipeline.errors import ConfigError
from pipeline.parameters import Parameter

NONE = "none"
BOOLEANS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(
    ("0", "false", "no", "off"), False
)
EXPECTED = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
    tuple: "an array of integers",
}


def parse(parameter: Parameter, text: str) -> Any:
    """Read `text` as a flag or an environment variable gives it; `ConfigError` where it is wrong.

    Integers of a tuple are separated by commas (an empty text, or `none`, is the empty tuple);
    booleans are 1/0, true/false, yes/no, on/off; an optional parameter takes `none`.
    """
    value: Any = text
    if parameter.kind is bool:
        value = BOOLEANS.get(text.lower(), text)
    elif parameter.kind is int:
        value = _number(text, int, float)  # 1e6 is an integer too
    elif parameter.kind is float:
        value = _number(text, float)
    elif parameter.kind is tuple:
        empty = text.strip() in ("", NONE)
        parts = [] if empty else [_number(part, int) for part in text.split(",")]
        value = text if any(isinstance(part, str) for part in parts) else parts
    words = "integers separated by commas" if parameter.kind is tuple else None
    return accept(parameter, value, found=text, expected=words)


def accept(
    parameter: Parameter, value: Any, *, found: Any = None, expected: str | None = None
) -> Any:
    """Return `value` as the parameter's own type, or raise `ConfigError` where it does not fit.

    An integer serves as a float, a float without a fraction as an integer, a list as a tuple;
    a boolean is no number, and neither is NaN nor infinity.
    """
    value = _plain(value)
    if parameter.optional and (value is None or value == NONE):
        return None
    fitting = _as_kind(parameter.kind, value)
    if fitting is None:
        words = expected or EXPECTED[parameter.kind]
        words += f" or {NONE}" if parameter.optional else ""
        raise ConfigError(f"expected {words}, found {_shown(value if found is None else found)}")
    parameter.option.check(fitting)
    return fitting


def flag_text(value: Any) -> str:
    """`value`, as `accept` returns it, as `parse` reads it: what is typed after a flag."""
    if value is None or value == ():
        return NONE
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, tuple) else f"{value}"


def toml_literal(value: Any) -> str:
    """`value`, as `accept` returns it, written in TOML."""
    if value is None:
        return f'"{NONE}"'
    if isinstance(value, float | int) and not isinstance(value, bool):
        return repr(value)
    if isinstance(value, tuple):
        return json.dumps(value)
    # A JSON string is a TOML string but for DEL; true and false are the same in both.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _number(text: str, *kinds: type[int] | type[float]) -> int | float | str:
    for kind in kinds:
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _plain(value: Any) -> Any:
    """NumPy's numbers and paths as Python's numbers and text; anything else as it is."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        return value.item()
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _as_kind(kind: type, value: Any) -> Any:
    """`value` as `kind`, or None where it does not fit."""
    if kind is tuple:
        if not isinstance(value, list | tuple):
            return None
        numbers = tuple(_as_kind(int, _plain(number)) for number in value)
        return None if None in numbers else numbers
    if kind is str:
        return value if isinstance(value, str) and _is_plain(value) else None
    if kind is bool:
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = kind(value)
    except (ValueError, OverflowError):  # int(nan), int(inf), float(10**400)
        return None
    if kind is float:
        return number if math.isfinite(number) else None
    return number if number == value and number.bit_length() <= 64 else None


def _is_plain(text: str) -> bool:
    # Bytes of a command line that are not UTF-8 arrive as lone surrogates, which no file can hold;
    # and no path can hold a NUL.
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)


def _shown(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > 64:
        return f"one of {value.bit_length()} bits"
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
