"""Bounded reading: a file that is read in many small pieces must come to an end.

Decoders written in Python read headers and comments byte by byte; a comment of 50 MB takes them
minutes.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO

MOST_BYTES = 1 << 29  # of a file: 64 million pixels of 8 bytes each
MOST_READS = 1_000_000


class BoundedReader(io.BufferedReader):
    """Reads `raw` through a buffer, at most so many times. Raises `ValueError` for too many."""

    def __init__(self, raw: BinaryIO) -> None:
        super().__init__(raw, 1 << 16)  # type: ignore[arg-type]
        self._reads = 0
        size = os.fstat(raw.fileno()).st_size
        if size > MOST_BYTES:
            raise ValueError(f"it has {size:,} bytes, more than {MOST_BYTES:,}")

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads > MOST_READS:
            raise ValueError("its header has no end")
        return super().read(size)
