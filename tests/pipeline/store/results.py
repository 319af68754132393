"""Results and files for tests of a store: written, aged, and damaged by a bit."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.store.store import Key, Store

KEY = Key("stage", "ab" * 32)
FIELDS = {"format": 1, "stage": "stage"}


def write(store: Store, key: Key = KEY, **values) -> None:
    with store.write(key, FIELDS) as writer:
        for name, value in values.items():
            writer.put(name, value)


def flip(path: Path, position: int, bit: int = 0) -> None:
    """Flip one bit and keep size and time, as a dying disk does."""
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def old(path: Path, data: bytes = b"data") -> Path:
    """A file that has been at rest long enough for the cache, as far as its times can say."""
    path.write_bytes(data)
    os.utime(path, (1, 1))
    return path
