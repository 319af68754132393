"""Row blocks of an array: how a stage goes through more data than it may hold.

The pages of a memory-mapped file count as resident memory once they are touched, and stay so until
somebody else needs the room. Each block's pages are let go before the next block is handed out; the
kernel keeps them in its cache, so reading them again is cheap.

A block of a few megabytes is best: one that is larger leaves the processor's cache before the next
step has read it, and the memory for it is mapped, zeroed and given back each time.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator

import numpy as np

ROWS = 256  # 3 MB of float32 for 3,072 features


def row_blocks(array: np.ndarray, rows: int = ROWS) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield (slice of rows, view of shape (≤ rows, …)) over the first axis, in order."""
    for start in range(0, len(array), rows):
        part = slice(start, min(start + rows, len(array)))
        yield part, array[part]
        release(array)


def release(array: np.ndarray) -> None:
    """Let go of the resident pages of a memory map; of any other array, nothing.

    A copy-on-write map (mode c) keeps its pages: what was written to them is nowhere else.
    """
    mapped = getattr(array, "_mmap", None) if getattr(array, "mode", "c") != "c" else None
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)
