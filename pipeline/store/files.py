"""Files: artifacts that live outside the store, known by their content.

A downloaded archive, or one that the user names, is too big to copy into the store and not ours to
move. The store keeps a reference instead: name, size and SHA-256. The folder does not count, so a
dataset that is moved as a whole stays what it was.

Hashing runs at about a gigabyte per second, too slow for a command that finds everything up to
date. `DigestCache` remembers the digests of files that have not been touched since.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from pipeline.store.cache import read_cache, write_cache

BLOCK = 1 << 20
# Not blocking: opening a named pipe would wait for a writer. Binary: Windows would change bytes.
READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# A file written twice within one tick of its file system's clock keeps its time stamp; FAT, the
# coarsest, ticks every 2 s. (Git calls such entries "racily clean".)
SETTLED_NS = 2_000_000_000
CACHE_ENTRIES = 1000


@dataclass(frozen=True)
class File:
    """One file outside the store. `path` is absolute; only its last part is identity."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Files:
    """Files in a fixed order, as the value of an artifact or of a resolved parameter."""

    files: tuple[File, ...]

    def digest(self) -> str:
        """The SHA-256 (hex) over names, sizes and contents, in order."""
        identity = [[file.path.name, file.size, file.sha256] for file in self.files]
        return hashlib.sha256(json.dumps(identity, separators=(",", ":")).encode()).hexdigest()

    def check(self, cache: DigestCache | None = None) -> str | None:
        """Say in a few words why the files are no longer what they were; None where they are."""
        for file in self.files:
            try:
                found = identify(file.path, cache=cache).files[0]
            except DataError:
                return f"{file.path} is missing or cannot be read"
            if found != file:
                return f"{file.path} has changed"
        return None

    def to_json(self) -> dict[str, Any]:
        """The reference as a JSON value."""
        return {
            "files": [{"path": str(f.path), "size": f.size, "sha256": f.sha256} for f in self.files]
        }

    @classmethod
    def from_json(cls, value: Any) -> Files:
        """The inverse of `to_json`. Raises `ValueError` on anything that it does not write."""
        entries = value.get("files") if isinstance(value, dict) and len(value) == 1 else None
        if not isinstance(entries, list):
            raise ValueError('expected {"files": [...]}')
        return cls(tuple(_file(entry) for entry in entries))


def _file(entry: Any) -> File:
    if not isinstance(entry, dict) or entry.keys() != {"path", "size", "sha256"}:
        raise ValueError('expected {"path": …, "size": …, "sha256": …}')
    path, size, sha256 = entry["path"], entry["size"], entry["sha256"]
    if not isinstance(path, str) or not Path(path).is_absolute() or not _is_name(path):
        raise ValueError(f"expected an absolute path, found {path!r:.200}")
    if type(size) is not int or size < 0:
        raise ValueError(f"expected a size in bytes, found {size!r}")
    if not is_sha256(sha256):
        raise ValueError(f"expected 64 lower-case hexadecimal digits, found {sha256!r}")
    return File(Path(path), size, sha256)


def _is_name(path: str) -> bool:
    """Whether a file could have that name: no NUL, and characters that its bytes can be made of."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def is_sha256(value: Any) -> bool:
    """Whether `value` is a SHA-256 as this module writes it: 64 lower-case hexadecimal digits."""
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class DigestCache:
    """Digests of files that were at rest, in one cache: path → stamp, SHA-256.

    The stamp is size, modification and change time and inode. A file whose times are less than
    2 s before it was hashed is not remembered.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, list[Any]] | None = None

    def get(self, path: Path, status: os.stat_result) -> str | None:
        """The digest of `path`, where it is known for a file with this very status."""
        match self._load().get(str(path)):
            case [list(stamp), str(sha256)] if stamp == _stamp(status) and is_sha256(sha256):
                return sha256
        return None

    def record(self, path: Path, status: os.stat_result, sha256: str, hashed_ns: int) -> None:
        """Remember a digest that was taken from `hashed_ns` (`time.time_ns`) on."""
        if hashed_ns - max(status.st_mtime_ns, status.st_ctime_ns) < SETTLED_NS:
            return
        entries = self._load()
        entries.pop(str(path), None)
        entries[str(path)] = [_stamp(status), sha256]
        write_cache(self.path, dict(list(entries.items())[-CACHE_ENTRIES:]))

    def _load(self) -> dict[str, list[Any]]:
        if self._entries is None:
            entries = read_cache(self.path)
            self._entries = entries if isinstance(entries, dict) else {}
        return self._entries


def _stamp(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def open_file(path: Path) -> io.FileIO:
    """Open a file to read, unbuffered. Raises `DataError` for what is none, or not to be read."""
    try:
        descriptor = os.open(path, READING)
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode):
            return open(descriptor, "rb", 0)
        os.close(descriptor)
    except (OSError, ValueError) as error:  # ValueError: no system has such a name
        reason = getattr(error, "strerror", None) or "no file can have that name"
        raise DataError(f"expected a readable file at {path}: {reason}") from error
    found = next((words for is_kind, words in KINDS if is_kind(mode)), "no regular file")
    raise DataError(f"{path}: expected a file, found {found}; name a file")


def identify(*paths: Path, cache: DigestCache | None = None) -> Files:
    """Hash the files at `paths`, in the order given; a `cache` spares what it knows.

    Raises `DataError` where one is missing, no regular file, unreadable, or being written.
    """
    return Files(tuple(_identify(Path(path).absolute(), cache) for path in paths))


def _identify(path: Path, cache: DigestCache | None) -> File:
    with open_file(path) as file:
        before = os.fstat(file.fileno())
        if cache and (sha256 := cache.get(path, before)):
            return File(path, before.st_size, sha256)
        start, digest, buffer = time.time_ns(), hashlib.sha256(), bytearray(BLOCK)
        try:
            while count := file.readinto(buffer):
                digest.update(memoryview(buffer)[:count])
        except OSError as error:
            raise DataError(f"expected a readable file at {path}: {error.strerror}") from error
        after = os.fstat(file.fileno())
    if _stamp(before) != _stamp(after):
        raise DataError(f"{path} is being written by another program; wait until it is complete")
    if cache:
        cache.record(path, after, digest.hexdigest(), start)
    return File(path, after.st_size, digest.hexdigest())
