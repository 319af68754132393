"""Files: artifacts that live outside the store, known by their content.

A downloaded archive, or one that the user names, is too big to copy into the store and not ours to
move. The store keeps a reference instead: name, size and SHA-256. The folder does not count, so a
dataset that is moved as a whole stays what it was; but for files that were found by a pattern, the
part of the path counts that the pattern leaves open (the folder may be the label of an image).

Hashing runs at about a gigabyte per second, too slow for a command that finds everything up to
date. A `DigestCache` remembers the digests of files that have not been touched since.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from pipeline.store.digest_cache import DigestCache, is_sha256, stamp_of

__all__ = ["DigestCache", "File", "Files", "identify", "is_sha256", "open_file"]

BLOCK = 1 << 20
# Not blocking: opening a named pipe would wait for a writer. Binary: Windows would change bytes.
READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class BeingWritten(DataError):
    """A file changes while it is read."""


@dataclass(frozen=True)
class File:
    """One file outside the store. `path` is absolute; only its last part is identity, or `below`,
    the last parts of it."""

    path: Path
    size: int
    sha256: str
    below: str = ""

    @property
    def name(self) -> str:
        """The part of its path that is identity."""
        return self.below or self.path.name

    def digest(self) -> str:
        """The digest of its name, size and content."""
        return Files((self,)).digest()

    def check(self, cache: DigestCache | None = None) -> str | None:
        """Say in a few words why it is no longer what it was; None where it is."""
        try:
            found = identify(self.path, cache=cache).files[0]
        except BeingWritten:
            return f"{self.path} has changed"
        except DataError:
            return f"{self.path} is missing or cannot be read"
        same = (found.size, found.sha256) == (self.size, self.sha256)
        return None if same else f"{self.path} has changed"


@dataclass(frozen=True)
class Files:
    """Files in a fixed order, as the value of an artifact or of a resolved parameter."""

    files: tuple[File, ...]

    def digest(self) -> str:
        """The SHA-256 (hex) over names, sizes and contents, in order."""
        identity = [[file.name, file.size, file.sha256] for file in self.files]
        return hashlib.sha256(json.dumps(identity, separators=(",", ":")).encode()).hexdigest()

    def check(self, cache: DigestCache | None = None) -> str | None:
        """Say in a few words why the files are no longer what they were; None where they are."""
        with cache.together() if cache else nullcontext():
            return next(filter(None, (file.check(cache) for file in self.files)), None)

    def to_json(self) -> dict[str, Any]:
        """The reference as a JSON value."""
        return {"files": [_entry(file) for file in self.files]}

    @classmethod
    def from_json(cls, value: Any) -> Files:
        """The inverse of `to_json`. Raises `ValueError` on anything that it does not write."""
        entries = value.get("files") if isinstance(value, dict) and len(value) == 1 else None
        if not isinstance(entries, list):
            raise ValueError('expected {"files": [...]}')
        return cls(tuple(_file(entry) for entry in entries))


def _entry(file: File) -> dict[str, Any]:
    below = {"below": file.below} if file.below else {}
    return {"path": str(file.path), "size": file.size, "sha256": file.sha256, **below}


def _file(entry: Any) -> File:
    if not isinstance(entry, dict) or entry.keys() - {"below"} != {"path", "size", "sha256"}:
        raise ValueError('expected {"path": …, "size": …, "sha256": …}')
    path, size, sha256 = entry["path"], entry["size"], entry["sha256"]
    if not isinstance(path, str) or not Path(path).is_absolute() or not _is_name(path):
        raise ValueError(f"expected an absolute path, found {path!r:.200}")
    if type(size) is not int or size < 0:
        raise ValueError(f"expected a size in bytes, found {size!r}")
    if not is_sha256(sha256):
        raise ValueError(f"expected 64 lower-case hexadecimal digits, found {sha256!r}")
    below = entry.get("below", "")
    if not isinstance(below, str) or not Path(path).as_posix().endswith(f"/{below}" * bool(below)):
        raise ValueError(f"expected the last parts of {path!r:.200}, found {below!r:.200}")
    return File(Path(path), size, sha256, below)


def _is_name(path: str) -> bool:
    """Whether a file could have that name: no NUL, and characters that its bytes can be made of."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


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
        raise DataError(f"expected a readable file at {path}: {reason}; check the path") from error
    found = next((words for is_kind, words in KINDS if is_kind(mode)), "no regular file")
    raise DataError(f"{path}: expected a file, found {found}; name a file")


def identify(*paths: Path, cache: DigestCache | None = None) -> Files:
    """Hash the files at `paths`, in the order given; a `cache` spares what it knows.

    Raises `DataError` where one is missing, no regular file, unreadable, or being written.
    """
    with cache.together() if cache else nullcontext():
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
    if stamp_of(before) != stamp_of(after):
        raise BeingWritten(f"{path} is being written by another program; wait until it is complete")
    if cache:
        cache.record(path, after, digest.hexdigest(), start)
    return File(path, after.st_size, digest.hexdigest())
