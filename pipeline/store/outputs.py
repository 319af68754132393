"""Outputs: what a stage may return, refused by name where it would come back as something else.

    an array    numpy.ndarray or a memory map; no subclass that means more (masked, matrix, record)
    JSON        dict with texts for keys, list, text, integer, float, boolean, null inside of these
    Files       references to files outside the store
    Path        a file or a folder that the stage has written where `context.path` said
    else        what a serializer accepts (serializers.py): bytes, dicts of arrays, DataFrames

`numpy.float64` counts as the float that it is. Blocks of several outputs have the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import OutputError
from pipeline.store.arrays import check_form
from pipeline.store.files import Files
from pipeline.store.serializers import serializer_of

_ADVICE = {
    "MaskedArray": "return its data and its mask as two outputs",
    "matrix": "return numpy.asarray(…) of it",
    "recarray": "return numpy.asarray(…) of it",
    "tuple": "return a list",
    "NoneType": "return what the stage has made, or say it in a dict",
    "set": "return a sorted list",
    "frozenset": "return a sorted list",
}
DEEPEST = 200  # lists and dicts inside each other; json gives up where Python's stack ends
_BITS = 14_284  # an integer of 4,300 digits; Python reads no longer ones
_SCALARS = (str, int, bool, float, np.float64, type(None))


def check_value(name: str, value: Any) -> None:
    """Raise `OutputError` where a whole value would not come back as it is."""
    if isinstance(value, np.ndarray):
        _check_array(name, value)
    elif not isinstance(value, Files | Path) and serializer_of(value) is None:
        if value is None:
            raise _refused(name, value, "")
        _check_json(name, value, "")


def check_blocks(blocks: Any, known: tuple[str, ...] | None) -> tuple[str, ...]:
    """Raise `OutputError` where the blocks that were yielded together do not fit each other.

    `blocks` are arrays by output, `known` the names of those before; returns the names.
    """
    names = tuple(sorted(blocks))
    if known is not None and names != known:
        raise OutputError(
            f"expected a block of {', '.join(known)} each time, found one of {', '.join(names)}"
        )
    rows = {}
    for name, block in blocks.items():
        if not isinstance(block, np.ndarray) or block.ndim == 0:
            found = "a number" if isinstance(block, np.ndarray) else type(block).__name__
            raise OutputError(f"output {name!r}: expected blocks of rows, found {found}")
        _check_array(name, block)
        rows[name] = len(block)
    if len(set(rows.values())) > 1:
        found = ", ".join(f"{count} of {name}" for name, count in rows.items())
        raise OutputError(f"expected as many rows of each output in a block, found {found}")
    return names


def copied(blocks: Any) -> Any:
    """A copy of what a generator has yielded, which may use the same memory for the next block."""
    if isinstance(blocks, Mapping):
        return {name: copied(block) for name, block in blocks.items()}
    return np.array(blocks) if type(blocks) in (np.ndarray, np.memmap) else blocks


def _check_array(name: str, value: Any) -> None:
    if type(value) not in (np.ndarray, np.memmap):
        raise _refused(name, value, "")
    if value.dtype.hasobject:
        raise OutputError(
            f"output {name!r}: expected an array of numbers or texts, found one of Python objects "
            f"({value.dtype}); return a list, or astype(…) of it"
        )
    try:
        check_form(value.dtype)
    except ValueError as error:
        raise OutputError(
            f"output {name!r}: expected an array that an .npy file gives back, found dtype "
            f"{value.dtype!s:.60} ({error}); return its fields as a dict of arrays"
        ) from None


def _check_json(name: str, value: Any, place: str, depth: int = 0) -> None:
    kind = type(value)
    if depth > DEEPEST:
        raise OutputError(
            f"output {name!r}: expected JSON of at most {DEEPEST} levels, found more, or one that "
            "is inside itself; return it as a flat list, or as bytes"
        )
    if kind is dict:
        for key, inner in value.items():
            if type(key) is not str:
                raise OutputError(
                    f"output {name!r}: expected texts for keys, found {key!r} "
                    f"({type(key).__name__}){_at(place)}; write str(key)"
                )
            _check_json(name, inner, f"{place}[{key!r}]", depth + 1)
    elif kind is list:
        for number, inner in enumerate(value):
            _check_json(name, inner, f"{place}[{number}]", depth + 1)
    elif kind not in _SCALARS:
        raise _refused(name, value, place)
    elif isinstance(value, int) and value.bit_length() > _BITS:
        raise OutputError(
            f"output {name!r}: expected an integer of at most 4,300 digits, which is what JSON is "
            f"read with, found {value.bit_length()} bits{_at(place)}; return it as bytes"
        )
    elif isinstance(value, float) and not math.isfinite(value):
        raise OutputError(
            f"output {name!r}: expected JSON, which has no {value}{_at(place)}; "
            "return an array, or null in its place"
        )


def _refused(name: str, value: Any, place: str) -> OutputError:
    kind = type(value).__name__
    advice = _ADVICE.get(kind, "return an array, a JSON value, bytes, a path or Files")
    if isinstance(value, np.generic):
        advice = "write .item() for the number of Python"
    return OutputError(
        f"output {name!r}: expected what comes back as it is, found {kind}{_at(place)}; {advice}"
    )


def _at(place: str) -> str:
    return f" at {place}" if place else ""
