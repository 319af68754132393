"""Short hashes of texts, and texts of constants: what also commands need that parse no source."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def short_hash(text: str) -> str:
    """The first 64 bits of the SHA-256 of a text, as 16 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def constant_text(value: Any) -> str:
    """A constant with its type: 1, 1.0, True, "1" and b"1" all differ, and so do 0.0 and -0.0."""
    if isinstance(value, str):
        return "str " + json.dumps(value)  # pure ASCII: repr depends on the Unicode version
    if isinstance(value, bytes):
        return "bytes " + value.hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return f"int {value:x}"  # decimal digits are limited in number
    if isinstance(value, tuple):
        return f"tuple ({','.join(map(constant_text, value))})"
    if isinstance(value, frozenset):
        return f"frozenset ({','.join(sorted(map(constant_text, value)))})"
    return f"{type(value).__name__} {value!r}"


def array_text(array: Any) -> str:
    """An array of NumPy's without objects: dtype, shape and bytes."""
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    dtype = array.dtype.descr if array.dtype.names else array.dtype.str
    return f"{dtype}{array.shape}{digest}"
