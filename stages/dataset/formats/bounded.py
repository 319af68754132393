"""Bounded reading: bytes that are read in many small pieces must come to an end.

Decoders written in Python read headers and comments byte by byte; a comment of 50 MB takes them
minutes.
"""

from __future__ import annotations

import io

MOST_READS = 1_000_000


class BoundedBytes(io.BytesIO):
    """Bytes to be read at most so many times. Raises `ValueError` for too many."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._reads += 1
        if self._reads > MOST_READS:
            raise ValueError("its header has no end")
        return super().read(size)
