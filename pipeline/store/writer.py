"""Writer: the outputs of one computation, on their way into a folder of its own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import OutputError
from pipeline.store.durable import check_free_space, fsync, fsync_folder, write_durably
from pipeline.store.files import Files
from pipeline.store.manifest import write_manifest
from pipeline.store.payloads import SUFFIXES, encoded, is_array
from pipeline.store.records import SUFFIX, file_record
from pipeline.store.serializers import record_of, serializer_of, write_with
from pipeline.store.trees import sha256_of, tree_record
from pipeline.store.troubles import storage_errors

if TYPE_CHECKING:
    import numpy as np

    from pipeline.store.arrays import ArrayFile


class Writer:
    """Writes the outputs of one computation into a folder of its own (see values.py)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs: dict[str, dict[str, Any]] = {}
        self.items: list[dict[str, Any]] = []  # of a group, see groups.py
        self.notes: dict[str, Any] = {}
        self.observed: dict[str, Any] = {}
        self.made_with: set[str] = set()  # see numerics.py
        self.root = ""  # see manifest.py
        self.started = time.perf_counter()
        self._open: dict[str, ArrayFile] = {}

    def put(self, name: str, value: Any) -> None:
        """Store a whole value. Raises `OutputError` where it would not come back as it is."""
        with storage_errors(self.folder):
            if is_array(value):
                self.outputs[name] = self._put_array(name, value)
            elif isinstance(value, Path):
                expect_given(name, value, self.folder, name)
                self.outputs[name] = tree_record(name, value)
            elif not isinstance(value, Files) and (serializer := serializer_of(value)):
                self.outputs[name] = self._put_serialized(name, value, serializer)
            else:
                record, data = encoded(name, value)
                self.put_bytes(name, record, data, SUFFIXES[record["kind"]])

    def put_bytes(self, name: str, record: Mapping[str, Any], data: bytes, suffix: str) -> None:
        """Store a value that is bytes already."""
        path = self.folder / f"{name}{suffix}"
        with storage_errors(self.folder):
            check_free_space(self.folder.parent, len(data))
            write_durably(path, data)
            sha256 = hashlib.sha256(data).hexdigest()
            self.outputs[name] = {**record, "sha256": sha256, **file_record(path)}

    def path(self, name: str, suffix: str = "") -> Path:
        """Where the stage writes a file or a folder itself, which is output `name` then."""
        return self.folder / checked_suffix(name, suffix)

    def append(self, name: str, block: np.ndarray) -> None:
        """Add rows to an array that grows with the blocks of a generator."""
        from pipeline.store.arrays import ArrayFile

        with storage_errors(self.folder):
            if name not in self._open:
                path = self.folder / f"{name}.npy"
                self._open[name] = ArrayFile(path, block.dtype, block.shape[1:])
            self._open[name].append(block)

    def expect(self, names: tuple[str, ...]) -> None:
        """Raise `OutputError` unless exactly the outputs of these names were given."""
        expect_names(names, {*self.outputs, *self._open})

    def finish(self, digest: str, fields: Mapping[str, Any]) -> None:
        """Complete the arrays, then write the manifest: from now on the folder is a result."""
        with storage_errors(self.folder):
            for name, file in self._open.items():
                self.outputs[name] = file.finish()
            write_manifest(
                self.folder,
                digest,
                fields,
                self.outputs,
                time.perf_counter() - self.started,
                self.notes,
                self.root,
                self.observed,
                self.items,
                self.made_with,
            )
            fsync_folder(self.folder)

    def close(self) -> None:
        """Let go of the files; what was not finished is nothing."""
        for file in self._open.values():
            file.close()

    def _put_array(self, name: str, value: np.ndarray) -> dict[str, Any]:
        from pipeline.store.arrays import ArrayFile

        check_free_space(self.folder.parent, value.nbytes)
        file = ArrayFile(self.folder / f"{name}.npy", value.dtype, value.shape[1:])
        try:
            file.append(value)
            return file.finish(value.ndim)
        finally:
            file.close()

    def _put_serialized(self, name: str, value: Any, serializer: Any) -> dict[str, Any]:
        path = self.folder / f"{name}{serializer.suffix}"
        with open(path, "xb") as file:
            write_with(serializer, name, value, file)
            file.flush()
            fsync(file.fileno())
        sha256 = sha256_of(path)
        record = record_of(serializer, value, sha256)
        return {**record, "sha256": sha256, **file_record(path)}


def expect_names(names: Collection[str], found: Collection[str]) -> None:
    """Raise `OutputError` unless a stage that makes outputs of these names gave exactly them."""
    if set(found) != set(names):
        raise OutputError(
            f"expected the outputs {', '.join(names)}, found {', '.join(sorted(found)) or 'none'}"
        )


def checked_suffix(name: str, suffix: str) -> str:
    """A file's name. Raises `OutputError` for a suffix that is none."""
    if suffix and not SUFFIX.fullmatch(suffix):
        raise OutputError(f"output {name!r}: expected a suffix such as .csv, found {suffix!r}")
    return name + suffix


def expect_given(name: str, value: Path, folder: Path, own: str) -> None:
    """Raise `OutputError` unless `value` is a path in `folder` that `path` gave for `name`."""
    suffix = value.name.removeprefix(own)
    named = value.name.startswith(own) and (not suffix or SUFFIX.fullmatch(suffix))
    if value.parent != folder or not named:
        raise OutputError(
            f"output {name!r}: expected the path that context.path({name!r}) gave, found {value}; "
            "return files outside the store as Files"
        )
