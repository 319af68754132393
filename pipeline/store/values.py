"""The three kinds of values that are stored, each with its way to disk and back.

    array   numpy.ndarray   <output>.npy     written block by block, read memory-mapped
    json    JSON value      <output>.json
    files   Files           <output>.json    a reference to files outside the store

The record of an output in the manifest: its file, kind, content digest, size and time; for an
array also dtype and shape, for the others the SHA-256 of the file. The content digest has nothing
to do with how and where a value was made: equal values have equal digests. Nothing is ever pickled.

NumPy is imported where an array is read or written: to find one up to date takes none.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import CorruptArtifact
from pipeline.store.digests import digest_json
from pipeline.store.durable import check_free_space, fsync_folder, write_durably
from pipeline.store.files import DigestCache, Files
from pipeline.store.manifest import write_manifest
from pipeline.store.troubles import storage_errors

if TYPE_CHECKING:
    import numpy as np

    from pipeline.store.arrays import ArrayFile

UNREADABLE = "cannot be read"  # what may be whole for all that


class Writer:
    """Writes the outputs of one computation into a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, Any] = {}
        self.observed: dict[str, Any] = {}
        self.root = ""  # see manifest.py
        self._open: dict[str, ArrayFile] = {}
        self._started = time.perf_counter()

    def put(self, name: str, value: Any) -> None:
        """Store a whole value."""
        import numpy as np

        from pipeline.store.arrays import ArrayFile, file_record

        if isinstance(value, np.ndarray):
            with storage_errors(self.folder):
                check_free_space(self.folder.parent, value.nbytes)
                file = ArrayFile(self.folder / f"{name}.npy", value.dtype, value.shape[1:])
                try:
                    file.append(value)
                    self.outputs[name] = file.finish(value.ndim)
                finally:
                    file.close()
            return
        files = isinstance(value, Files)
        value = value.to_json() if files else value
        path = self.folder / f"{name}.json"
        with storage_errors(self.folder):
            text = json.dumps(value, allow_nan=False, ensure_ascii=False)
            data = text.encode("utf-8", "surrogatepass")
            check_free_space(self.folder.parent, len(data))
            write_durably(path, data)
        record = {"kind": "json", "digest": digest_json(value)}
        if files:
            record = {"kind": "files", "digest": Files.from_json(value).digest()}
        self.outputs[name] = {
            **record,
            "sha256": hashlib.sha256(data).hexdigest(),
            **file_record(path),
        }

    def append(self, name: str, block: np.ndarray) -> None:
        """Add rows to an array that grows with the blocks of a generator."""
        from pipeline.store.arrays import ArrayFile

        with storage_errors(self.folder):
            if name not in self._open:
                path = self.folder / f"{name}.npy"
                self._open[name] = ArrayFile(path, block.dtype, block.shape[1:])
            self._open[name].append(block)

    def expect(self, names: tuple[str, ...]) -> None:
        """Raise `ValueError` unless exactly the outputs of these names were given."""
        if (found := {*self.outputs, *self._open}) != set(names):
            raise ValueError(f"expected the outputs {sorted(names)}, found {sorted(found)}")

    def finish(self, digest: str, fields: Mapping[str, Any]) -> None:
        """Complete the arrays, then write the manifest: from now on the folder is a result."""
        with storage_errors(self.folder):
            for name, file in self._open.items():
                self.outputs[name] = file.finish()
            seconds = time.perf_counter() - self._started
            write_manifest(
                self.folder,
                digest,
                fields,
                self.outputs,
                seconds,
                self.notes,
                self.root,
                self.observed,
            )
            fsync_folder(self.folder)

    def close(self) -> None:
        """Let go of the files; what was not finished is nothing."""
        for file in self._open.values():
            file.close()


def check_output(folder: Path, record: Mapping[str, Any], cache: DigestCache) -> str | None:
    """Why a stored output cannot be used, by size and time of its file; None where it can."""
    path = folder / record["file"]
    if record.get("dropped"):
        return f"{path.name} was dropped by gc --searches"
    try:
        status = path.stat()
    except OSError:
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
    """Why a stored output is not what was written, by every byte of it; None where it is."""
    path = folder / record["file"]
    wrong = f"{path.name} does not hold the bytes that were written"
    try:
        if record["kind"] != "array":
            found, expected = hashlib.sha256(path.read_bytes()).hexdigest(), record["sha256"]
        else:
            from pipeline.store.arrays import array_digest, form_of

            found = array_digest(path, *form_of(record))
            expected = record["digest"]
    except FileNotFoundError:
        return f"{path.name} is missing"
    except OSError as error:
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
    """A stored output: an array is memory-mapped and read-only."""
    path = folder / record["file"]
    try:
        if record["kind"] == "array":
            from pipeline.store.arrays import form_of, map_array

            return map_array(path, *form_of(record))
        value = json.loads(path.read_bytes())
        return Files.from_json(value) if record["kind"] == "files" else value
    except OSError as error:
        raise CorruptArtifact(f"{path}: it {UNREADABLE} ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise CorruptArtifact(f"{path}: it is damaged ({error})") from error
