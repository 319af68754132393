"""Strict JSON: documents from outside, held to the letter and to a size.

Python's own parser takes more than the standard allows (NaN, a key twice, half of a surrogate
pair), and nothing bounds what a small file may become: "[[],[],…" takes thirty times its size as
Python objects. What passes here is plain data that can be written, printed and stored again.
"""

from __future__ import annotations

import json
import math
import reprlib
from typing import Any

VALUES = 1_000_000  # in one document; a long training records some thousands
DEPTH = 50

_short = reprlib.Repr()
_short.maxlevel, _short.maxlist, _short.maxdict, _short.maxstring = 2, 4, 3, 50


def parse_json(text: str) -> Any:
    """A JSON value by the letter of RFC 8259: no NaN or Infinity, no key twice, only Unicode.

    Raises `ValueError`, also where it is nested too deeply or holds too much.
    """
    found = sum(map(text.count, "[{,"))
    require(found <= VALUES, f"expected at most {VALUES:,} values, found about {found:,}")
    try:
        value = json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_unique, parse_float=_finite
        )
    except RecursionError:
        raise ValueError("expected JSON, found brackets nested too deeply") from None
    _check(value)
    return value


def require(holds: bool, message: str) -> None:
    """Raise `ValueError(message)` unless `holds`."""
    if not holds:
        raise ValueError(message)


def kind(value: Any) -> str:
    """What JSON calls the type of a value."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    return "nothing" if value is None else names.get(type(value), "a number")


def shown(value: Any) -> str:
    """A JSON value in a few words, however large it is."""
    text = _short.repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _check(value: Any) -> None:
    """No deeper than `DEPTH`, and all text can be encoded."""
    level, depth = [value], 0
    while level:
        depth += 1
        require(depth <= DEPTH, "expected JSON, found brackets nested too deeply")
        below: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                below += part
                below += part.values()
            elif isinstance(part, list):
                below += part
            elif isinstance(part, str) and not part.isascii():
                _encodable(part)
        level = below


def _encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"expected Unicode text, found half a character in {text!a:.60}") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"expected finite numbers, found {name}")


def _finite(text: str) -> float:
    number = float(text)
    require(math.isfinite(number), f"expected finite numbers, found {text:.20}")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        require(key not in result, f"expected each key once, found {shown(key)} twice")
        result[key] = value
    return result
