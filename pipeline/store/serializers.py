"""Serializers: values that are stored as a file of a format of their own.

    bytes      bytes                                   .bin
    npz        dict of arrays, by names                .npz, which NumPy reads
    pandas     a DataFrame of pandas, with its index   .parquet
    polars     a DataFrame of polars                   .parquet

Another one is registered where its stages are declared, so that every process that runs them knows
it:

    register_serializer(Serializer("graph", ".gml", accepts, write, read))

What a serializer writes must come back as what it was, or be refused with a `ValueError` or
`TypeError` in words. The code of one that is registered is part of what is stored with it: once it
changes, what was written with it is written again, and who reads that runs again.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from pipeline.errors import GraphError, MissingArtifact, OutputError
from pipeline.store import tables
from pipeline.store.digests import digest_json
from pipeline.store.records import SUFFIX

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True)
class Serializer:
    """How values of a type come to disk and back.

    `accepts` says whether a value is one of its own; `write` writes it to an open binary file that
    can be sought in, `read` gives it back. `digest` is that of the content (hex text); without it,
    the bytes count: equal values should be equal bytes then.
    """

    name: str
    suffix: str
    accepts: Callable[[Any], bool]
    write: Callable[[Any, BinaryIO], object]
    read: Callable[[BinaryIO], Any]
    digest: Callable[[Any], str] | None = None


def register_serializer(serializer: Serializer) -> None:
    """Store values that `serializer` accepts with it, before all that were registered earlier.

    Raises `GraphError` for a name or a suffix that no file can have, or a name of the framework's.
    """
    if not _NAME.fullmatch(serializer.name) or not SUFFIX.fullmatch(serializer.suffix):
        raise GraphError(
            "serializer: expected a name of small letters, digits, - and _, and a suffix such as "
            f".parquet, found {serializer.name!r} and {serializer.suffix!r}"
        )
    if serializer.name in OWN:
        raise GraphError(f"serializer {serializer.name!r} is the framework's own; choose another")
    _registered.pop(serializer.name, None)
    _registered[serializer.name] = serializer


def serializer_of(value: Any) -> Serializer | None:
    """The one that accepts a value: the last one registered, then the framework's own."""
    for one in (*reversed(_registered.values()), *OWN.values()):
        if one.accepts(value):
            return one
    return None


def serializer_named(name: str) -> Serializer:
    """The one of a stored value. `MissingArtifact` where nobody has registered it here."""
    found = _registered.get(name) or OWN.get(name)
    if found is None:
        raise MissingArtifact(
            f"expected a serializer {name!r} for what is stored, found none; import the module "
            "that registers it"
        )
    return found


def write_with(serializer: Serializer, name: str, value: Any, file: BinaryIO) -> None:
    """Write the value of output `name`. `OutputError` where it cannot come back as it is."""
    try:
        serializer.write(value, file)
    except (ValueError, TypeError, ImportError) as error:
        kind = type(value).__name__
        raise OutputError(
            f"output {name!r}: expected a {kind} that {serializer.name} can write, found: {error}"
        ) from error


def note_code(graph: Callable[[Callable[..., Any]], str]) -> None:
    """Keep what the code of the registered ones is, before a stage may change a value that it uses;
    `graph` gives the identity of all that a function reaches."""
    for one in _registered.values():
        if one.name not in _code or _code[one.name][0] is not one:
            parts: list[Callable[..., Any]] = [one.accepts, one.write, one.read]
            parts += [one.digest] if one.digest else []
            _code[one.name] = one, digest_json([graph(part) for part in parts])


def code_of(name: str) -> str:
    """The identity of the code of a serializer; "" for the framework's own, and unknown ones."""
    found = _code.get(name)
    return found[1] if found and found[0] is _registered.get(name) else ""


def record_of(serializer: Serializer, value: Any, sha256: str) -> dict[str, str]:
    """The record of a value whose file has this SHA-256, with its content digest."""
    own = sha256 if serializer.digest is None else serializer.digest(value)
    code = [code_of(serializer.name)] if code_of(serializer.name) else []
    digest = digest_json(["serialized", serializer.name, own, *code])
    record = {"kind": "serialized", "digest": digest, "serializer": serializer.name}
    return record | ({"code": code[0]} if code else {})


def to_bytes(serializer: Serializer, name: str, value: Any) -> tuple[bytes, dict[str, str]]:
    """A value as the bytes of its file, and its record."""
    buffer = io.BytesIO()
    write_with(serializer, name, value, buffer)
    data = buffer.getvalue()
    return data, record_of(serializer, value, hashlib.sha256(data).hexdigest())


_code: dict[str, tuple[Serializer, str]] = {}  # what the code of each is, by name
_registered: dict[str, Serializer] = {}
OWN = {
    one.name: one
    for one in (
        Serializer(
            "bytes",
            ".bin",
            lambda value: type(value) is bytes,
            lambda value, file: file.write(value),
            lambda file: file.read(),
        ),
        Serializer(
            "npz", ".npz", tables.is_npz, tables.write_npz, tables.read_npz, tables.digest_npz
        ),
        Serializer("pandas", ".parquet", tables.is_pandas, tables.write_pandas, tables.read_pandas),
        Serializer("polars", ".parquet", tables.is_polars, tables.write_polars, tables.read_polars),
    )
}
