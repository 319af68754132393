"""Packs: decoded images that need not be decoded again, by the SHA-256 of their files.

    <data folder>/decoded/<size and version>/<digest>.pack
    {"keys": [SHA-256 of a file, …], "sha256": that of the pixels}, a line, then the pixels

What decodes is part of the folder's name: Pillow's version and the code that uses it. A pack whose
pixels are not what was written counts as never written. All of it may be removed at any time.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from pipeline.store.durable import make_folder, replacing

IMAGES = 2048  # of a pack
BYTES = 1 << 24  # of a pack, unless a single image has more
HEADER = 1 << 20  # bytes


class Packs:
    """The decoded images of one shape (c, h, w), uint8, in a folder."""

    def __init__(self, folder: Path, shape: tuple[int, ...]) -> None:
        self._folder, self._shape = folder, shape
        self._size = int(np.prod(shape))
        self._where: dict[str, tuple[Path, int]] = {}
        self._open: dict[Path, np.ndarray | None] = {}
        self._keys: list[str] = []
        self._pixels: list[np.ndarray] = []
        self.limit = max(min(IMAGES, BYTES // self._size), 1)
        for path in sorted(folder.glob("*.pack")):
            for row, key in enumerate(self._header(path)[0]):
                self._where[key] = path, row

    def get(self, key: str) -> np.ndarray | None:
        """The pixels (c, h, w) of the file with this digest; None where they are not here."""
        path, row = self._where.get(key, (None, 0))
        if path is None:
            return None
        if path not in self._open:
            self._open[path] = self._read(path)
        images = self._open[path]
        return None if images is None else images[row]

    def put(self, keys: Sequence[str], pixels: Sequence[np.ndarray]) -> None:
        """Keep pixels (c, h, w) of each key; they are written when there are enough for a pack."""
        for key, image in zip(keys, pixels, strict=True):
            self._keys.append(key)
            self._pixels.append(image)
            if len(self._keys) == self.limit:
                self.flush()

    def flush(self) -> None:
        """Write what was kept, where that is possible."""
        if self._keys:
            data = b"".join(np.ascontiguousarray(image).data for image in self._pixels)
            digest = hashlib.sha256(data).hexdigest()
            head = json.dumps({"keys": self._keys, "sha256": digest}, separators=(",", ":"))
            name = hashlib.sha256(head.encode()).hexdigest()[:16]
            with suppress(OSError):
                make_folder(self._folder)
                with replacing(self._folder / f"{name}.pack") as file:
                    file.write(head.encode() + b"\n")
                    file.write(data)
            self._keys, self._pixels = [], []

    def _header(self, path: Path) -> tuple[list[str], str, int]:
        """The keys of a pack, the digest of its pixels, and where these begin."""
        with suppress(OSError, ValueError, RecursionError), open(path, "rb") as file:
            line = file.readline(HEADER)
            match json.loads(line):
                case {"keys": list(keys), "sha256": str(digest)}:
                    return [key for key in keys if isinstance(key, str)], digest, len(line)
        return [], "", 0

    def _read(self, path: Path) -> np.ndarray | None:
        keys, digest, start = self._header(path)
        with suppress(OSError, ValueError), open(path, "rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            pixels = memoryview(data)[start:]
            if hashlib.sha256(pixels).hexdigest() == digest:
                return np.frombuffer(pixels, np.uint8).reshape(len(keys), *self._shape)
        return None
