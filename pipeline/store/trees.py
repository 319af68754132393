"""Files and folders that a stage writes itself, into a place inside the store.

    path = context.path("report", ".html")      then the stage writes there, and returns `path`

They come back as a `Path`, to be read only. A file counts by its suffix and its bytes, a folder by
the relative names of what is in it (empty folders too) and their bytes. Links and what is no
regular file are refused: they would lead out of the store.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.errors import OutputError
from pipeline.store.digests import digest_json
from pipeline.store.durable import fsync, fsync_folder
from pipeline.store.files import is_sha256
from pipeline.store.troubles import is_of_reader

BLOCK = 1 << 20
READ_ONLY = 0o444


def tree_record(name: str, path: Path, own: str | None = None) -> dict[str, Any]:
    """Take in what a stage wrote at `path` as the value of output `name`: a record of it.

    All of it is on the disk then, and cannot be written any more. `own` is the part of the file's
    name that is no part of its identity (the suffix is). Raises `OutputError` for what is none.
    """
    suffix = path.name.removeprefix(own or name)
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        found = "a link" if path.is_symlink() else "nothing" if not path.exists() else "another"
        raise OutputError(
            f"output {name!r}: expected a file or a folder at the path that context.path gave, "
            f"found {found}; write there, and return the path"
        )
    if path.is_file():
        one = _taken(path)
        digest = digest_json(["file", suffix, one["sha256"]])
        return {"kind": "file", "file": path.name, "digest": digest, **one}
    files, folders = {}, []
    for inner in _inside(name, path):
        relative = inner.relative_to(path).as_posix()
        if inner.is_dir():
            folders.append(relative)
        else:
            files[relative] = _taken(inner)
    for relative in folders:
        fsync_folder(path / relative)
    fsync_folder(path)
    return {
        "kind": "folder",
        "file": path.name,
        "digest": folder_digest(suffix, files, folders),
        "size": sum(one["size"] for one in files.values()),
        "mtime_ns": 0,  # of a folder it says nothing about the files in it
        "files": files,
        "folders": folders,
    }


def folder_digest(suffix: str, files: Mapping[str, Any], folders: list[str]) -> str:
    """The content digest of a folder with these files (relative name → record)."""
    inner = [[relative, one["sha256"]] for relative, one in sorted(files.items())]
    return digest_json(["folder", suffix, inner, sorted(folders)])


def check_folder(folder: Path, record: Mapping[str, Any]) -> str | None:
    """Why a stored folder cannot be used, by sizes and times; None where it can.

    A file that was touched is read again, and trusted if its bytes are still the same.
    """
    for relative, one in record["files"].items():
        path = folder / record["file"] / relative
        try:
            status = path.lstat()
        except OSError as error:
            if is_of_reader(error):
                raise
            return f"{path.name} is missing"
        if status.st_size != one["size"]:
            return f"{path.name} has {status.st_size} bytes, not {one['size']}"
        if status.st_mtime_ns != one["mtime_ns"]:
            if path.is_symlink() or sha256_of(path) != one["sha256"]:
                return f"{path.name} does not hold the bytes that were written"
            with suppress(OSError):
                os.utime(path, ns=(status.st_atime_ns, one["mtime_ns"]))
    return _other_names(folder, record)


def verify_folder(folder: Path, record: Mapping[str, Any]) -> str | None:
    """The same by every byte. Raises `OSError` where they cannot be read."""
    for relative, one in record["files"].items():
        path = folder / record["file"] / relative
        if path.is_symlink() or sha256_of(path) != one["sha256"]:
            return f"{path.name} does not hold the bytes that were written"
    return _other_names(folder, record)


def make_folders(folder: Path, record: Mapping[str, Any]) -> None:
    """Make what is empty of a folder whose files have come from elsewhere: only files travel."""
    if record["kind"] == "folder":
        for relative in (".", *record["folders"]):
            (folder / record["file"] / relative).mkdir(parents=True, exist_ok=True)


def is_folder_record(record: Mapping[str, Any]) -> bool:
    """Whether the record of a folder names files inside of it only."""
    files, folders = record.get("files"), record.get("folders")
    return (
        isinstance(files, dict)
        and isinstance(folders, list)
        and all(map(is_relative, (*files, *folders)))
        and all(
            isinstance(one, dict)
            and is_sha256(one.get("sha256"))
            and type(one.get("size")) is int
            and type(one.get("mtime_ns")) is int
            for one in files.values()
        )
    )


def is_relative(name: Any) -> bool:
    """Whether it is the name of something inside a folder, however deep."""
    parts = PurePosixPath(name).parts if isinstance(name, str) and "\0" not in name else ()
    return bool(parts) and ".." not in parts and parts[0] != "/" and "\\" not in name


def sha256_of(path: Path) -> str:
    """The SHA-256 (hex) of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _other_names(folder: Path, record: Mapping[str, Any]) -> str | None:
    """What a stored folder has too much or too little, in words."""
    place, known = folder / record["file"], {*record["files"], *record["folders"]}
    if not place.is_dir():
        return f"{place.name} is missing"
    found = {inner.relative_to(place).as_posix() for inner in place.rglob("*")}
    odd = sorted(found ^ known)
    return f"{place.name} holds other names: {odd[0]}" if odd else None


def _inside(name: str, folder: Path) -> Iterator[Path]:
    for inner in sorted(folder.rglob("*")):
        relative = inner.relative_to(folder).as_posix()
        if inner.is_symlink() or not (inner.is_file() or inner.is_dir()):
            raise OutputError(
                f"output {name!r}: expected files and folders, found a link or a device: "
                f"{relative}; write a copy"
            )
        if not is_relative(relative):
            raise OutputError(f"output {name!r}: expected names without \\, found {relative!r}")
        yield inner


def _taken(path: Path) -> dict[str, Any]:
    """A file's SHA-256, size and time, once it is on the disk and cannot be written any more."""
    with open(path, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        fsync(file.fileno())
    with suppress(OSError):
        os.chmod(path, READ_ONLY)
    status = path.stat()
    return {"sha256": sha256, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
