"""Values that are stored as outputs of a result: whether they are whole, and what they are.

    array        numpy.ndarray      <output>.npy          read memory-mapped
    json         JSON value         <output>.json
    files        Files              <output>.json         a reference to files outside the store
    serialized   serializers.py     <output>.<suffix>
    file folder  Path               <output>[.<suffix>]   written by the stage itself (trees.py)
    items        Items              <output>.items.json   results of a mapped stage (sequence.py)
    pack         values of items    <output>.pack         in a group of items (groups.py)

The record of an output in the manifest: its file, kind, content digest, size and time; for an
array also dtype and shape, for a folder all its files, for the others the SHA-256 of the file. The
content digest has nothing to do with how and where a value was made: equal values have equal
digests. Nothing is ever pickled.

NumPy is imported where an array is read: to find one up to date takes none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptArtifact
from pipeline.store.files import DigestCache, Files
from pipeline.store.payloads import decoded
from pipeline.store.serializers import serializer_named
from pipeline.store.trees import check_folder, sha256_of, verify_folder
from pipeline.store.troubles import is_of_reader

UNREADABLE = "cannot be read"  # what may be whole for all that


def check_output(folder: Path, record: Mapping[str, Any], cache: DigestCache) -> str | None:
    """Why a stored output cannot be used, by size and time of its file; None where it can."""
    path = folder / record["file"]
    if record.get("dropped"):
        return f"{path.name} was dropped by gc --searches"
    if record["kind"] == "folder":
        return check_folder(folder, record)
    try:
        status = path.stat()
    except OSError as error:
        if is_of_reader(error):
            raise
        return f"{path.name} is missing"
    if status.st_size != record["size"]:
        return f"{path.name} has {status.st_size} bytes, not {record['size']}"
    if status.st_mtime_ns != record["mtime_ns"]:
        if reason := verify_output(folder, record):
            return reason
        with suppress(OSError):  # the same bytes: no need to read them again next time
            os.utime(path, ns=(status.st_atime_ns, record["mtime_ns"]))
    if record["kind"] == "files":
        try:
            files: Files = read_value(folder, record)
            return files.check(cache)
        except CorruptArtifact as error:
            return str(error)
    return None


def verify_output(folder: Path, record: Mapping[str, Any]) -> str | None:
    """Why a stored output is not what was written, by every byte of it; None where it is.

    Raises `OSError` where nothing can be said of it, see `is_of_reader`.
    """
    path = folder / record["file"]
    wrong = f"{path.name} does not hold the bytes that were written"
    try:
        if record["kind"] == "folder":
            return verify_folder(folder, record)
        if record["kind"] != "array":
            found, expected = sha256_of(path), record["sha256"]
        else:
            from pipeline.store.arrays import array_digest, form_of

            found = array_digest(path, *form_of(record))
            expected = record["digest"]
    except FileNotFoundError:
        return f"{path.name} is missing"
    except OSError as error:
        error.filename = str(path)
        if is_of_reader(error):
            raise
        return f"{path.name} {UNREADABLE}: {error.strerror}"
    except ValueError:
        return wrong
    return None if found == expected else wrong


def verify_sources(folder: Path, record: Mapping[str, Any]) -> str | None:
    """Why files that a stored output refers to are not what they were, by every byte of them."""
    try:
        return read_value(folder, record).check() if record["kind"] == "files" else None
    except CorruptArtifact as error:
        return str(error)


def read_value(folder: Path, record: Mapping[str, Any]) -> Any:
    """A stored output: an array is memory-mapped and read-only, a file or a folder is a path.

    Raises `CorruptArtifact` where it is damaged, `OSError` as `verify_output`.
    """
    path, kind = folder / record["file"], record["kind"]
    try:
        if kind == "array":
            from pipeline.store.arrays import form_of, map_array

            return map_array(path, *form_of(record))
        if kind in ("file", "folder"):
            return path.absolute()
        if kind == "serialized":
            with open(path, "rb") as file:
                return serializer_named(record["serializer"]).read(file)
        return decoded(record, path.read_bytes())
    except OSError as error:
        error.filename = str(path)
        if is_of_reader(error):
            raise
        raise CorruptArtifact(f"{path}: it {UNREADABLE} ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise CorruptArtifact(f"{path}: it is damaged ({error})") from error
