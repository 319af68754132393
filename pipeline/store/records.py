"""Records: whether a manifest has the form that the rest of the program relies on.

A checksum finds damage; it does not say who wrote it. So a manifest that some other program,
version or person wrote must still name files in its own folder only, and hold numbers where numbers
belong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.store.files import is_sha256
from pipeline.store.trees import is_folder_record

SUFFIXES = {
    **{"array": ".npy", "json": ".json", "files": ".json"},
    **{"items": ".items.json", "pack": ".pack"},
}
OPEN = ("serialized", "file", "folder")  # their suffix is their own
SUFFIX = re.compile(r"(\.[A-Za-z0-9_-]{1,20}){1,3}")
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "fingerprint": str,
    "seconds": (float, int),
    "notes": dict,
    "written": str,
}


def well_formed(manifest: Mapping[str, Any]) -> bool:
    """Whether a manifest (see manifest.py) has all its fields, each of its own form.

    It is asked of each of 10,000 results: plain loops, without a generator for every field.
    """
    for name, form in _FIELDS.items():
        if not isinstance(manifest.get(name), form):
            return False
    fields, outputs = manifest.get("fields"), manifest.get("outputs")
    if not isinstance(outputs, dict) or not isinstance(fields, dict):
        return False
    for name, record in outputs.items():
        if not _is_output(name, record):
            return False
    listed, digests = (
        fields.get("outputs", []),
        [*_table(fields, "code"), *_table(fields, "inputs")],
    )
    return (
        isinstance(manifest.get("root", ""), str)
        and isinstance(fields.get("stage", ""), str)
        and isinstance(fields.get("format", 0), int)
        and isinstance(listed, list)
        and _are_texts(listed)
        and _are_texts(digests)
        and all(map(_is_tagged, _table(fields, "parameters")))
    )


def _are_texts(values: list[Any]) -> bool:
    return not values or set(map(type, values)) == {str}


def _table(fields: Mapping[str, Any], name: str) -> list[Any]:
    """The values of a table of the fingerprint; what is no table is no value either."""
    table = fields.get(name, {})
    return list(table.values()) if isinstance(table, dict) else [...]


def _is_output(name: str, record: Any) -> bool:
    if not isinstance(record, dict) or record.get("kind") not in (*SUFFIXES, *OPEN):
        return False
    time, shape, kind = record.get("mtime_ns"), record.get("shape"), record["kind"]
    if kind == "array":
        own = isinstance(record.get("dtype"), str | list)
        own = own and isinstance(shape, list) and all(map(_is_count, shape))
    elif kind == "folder":
        own = is_folder_record(record)
    else:
        own = is_sha256(record.get("sha256"))
    return (
        own
        and name.isidentifier()
        and _is_named(name, record.get("file"), SUFFIXES.get(kind))
        and (kind != "serialized" or isinstance(record.get("serializer"), str))
        and (kind != "items" or _is_count(record.get("count")))
        and is_sha256(record.get("digest"))
        and _is_count(record.get("size"))
        and type(time) is int
        and abs(time) < 1 << 63
    )


def _is_named(name: str, file: Any, suffix: str | None) -> bool:
    """Whether a file has the name of its output, and the suffix of its kind or one of its own."""
    if not isinstance(file, str) or not file.startswith(name):
        return False
    rest = file[len(name) :]
    return rest == suffix if suffix else not rest or SUFFIX.fullmatch(rest) is not None


def _is_tagged(value: Any) -> bool:
    """Whether it is a parameter with its type, as fingerprint.py writes it."""
    match value:
        case ["none" | "bool" | "int" | "str", _] | ["float" | "files", str()]:
            return True
        case ["tuple", list(inner)]:
            return all(map(_is_tagged, inner))
    return False


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


def file_record(path: Path) -> dict[str, Any]:
    """What every record of a file holds: its name, size and time."""
    status = path.stat()
    return {"file": path.name, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
