"""Digest cache: the digests of files outside the store, as long as they are not touched."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.store.cache import read_cache, write_cache

# A file written twice within one tick of its file system's clock keeps its time stamp; FAT, the
# coarsest, ticks every 2 s. (Git calls such entries "racily clean".)
SETTLED_NS = 2_000_000_000
CACHE_ENTRIES = 100_000
_SHA256 = re.compile("[0-9a-f]{64}")


class DigestCache:
    """Digests of files that were at rest, in one cache: path → stamp, SHA-256.

    The stamp is size, modification and change time and inode. A file whose times are less than
    2 s before it was hashed is not remembered.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, list[Any]] | None = None
        self._lock, self._waiting = threading.Lock(), 0  # blocks within which nothing is written
        self._changed = False

    def get(self, path: Path, status: os.stat_result) -> str | None:
        """The digest of `path`, where it is known for a file with this very status."""
        match self._load().get(str(path)):
            case [list(stamp), str(sha256)] if stamp == stamp_of(status) and is_sha256(sha256):
                return sha256
        return None

    def record(self, path: Path, status: os.stat_result, sha256: str, hashed_ns: int) -> None:
        """Remember a digest that was taken from `hashed_ns` (`time.time_ns`) on."""
        if hashed_ns - max(status.st_mtime_ns, status.st_ctime_ns) < SETTLED_NS:
            return
        entries = self._load()
        entries.pop(str(path), None)
        entries[str(path)] = [stamp_of(status), sha256]
        self._changed = True
        self._write()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write what is recorded in the block once, at its end: for many files."""
        with self._lock:
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
            self._write()

    def _write(self) -> None:
        if self._changed and not self._waiting:
            self._changed = False
            write_cache(self.path, dict(list(self._load().items())[-CACHE_ENTRIES:]))

    def _load(self) -> dict[str, list[Any]]:
        if self._entries is None:
            entries = read_cache(self.path)
            self._entries = entries if isinstance(entries, dict) else {}
        return self._entries


def stamp_of(status: os.stat_result) -> list[int]:
    """By which a file is known to be the same."""
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def is_sha256(value: Any) -> bool:
    """Whether `value` is a SHA-256 as this module writes it: 64 lower-case hexadecimal digits."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None
