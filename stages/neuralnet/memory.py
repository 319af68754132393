"""Blocks of memory, and named arrays laid out in them.

Every array of a training lies in one block: planned once, nothing is allocated per step, and a
worker process that maps the block has them all. Each array starts on a cache line of its own.

A shared block is an anonymous file (memfd) where the system has them: worker processes open it
through /proc, no name is left behind whatever is killed, and /dev/shm may be as small as containers
make it. Elsewhere it is a temporary file. A mapping lives as long as an array that looks into it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

LINE = 64  # bytes of a cache line
Shapes = Mapping[str, tuple[tuple[int, ...], Any]]  # name → (shape, dtype)


def aligned(count: int, dtype: Any) -> np.ndarray:
    """A flat array of `count` zeros that starts on a cache line."""
    dtype = np.dtype(dtype)
    block = np.zeros(count * dtype.itemsize + LINE, np.uint8)
    start = -block.ctypes.data % LINE
    return block[start : start + count * dtype.itemsize].view(dtype)


def measure(shapes: Shapes) -> int:
    """Bytes that arrays of these shapes take together."""
    return sum(-(-_size(*form) // LINE) * LINE for form in shapes.values())


def carve(block: np.ndarray, shapes: Shapes) -> dict[str, np.ndarray]:
    """Arrays of these shapes, one after the other, as views of a block of bytes."""
    arrays, start = {}, 0
    for name, (shape, dtype) in shapes.items():
        size = _size(shape, dtype)
        arrays[name] = block[start : start + size].view(dtype).reshape(shape)
        start += -(-size // LINE) * LINE
    return arrays


def _size(shape: tuple[int, ...], dtype: Any) -> int:
    return math.prod(shape) * np.dtype(dtype).itemsize


class SharedBlock:
    """`size` bytes of zeros that other processes can map by `path`, until it is closed."""

    def __init__(self, size: int) -> None:
        if hasattr(os, "memfd_create"):
            self._file = os.memfd_create("neuralnet")
            self.path = f"/proc/{os.getpid()}/fd/{self._file}"
        else:
            import tempfile

            self._file, self.path = tempfile.mkstemp(prefix="neuralnet-")
        try:
            os.truncate(self._file, size)
            self.bytes = attach(self.path)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Nobody can map the block from now on; who has mapped it keeps it."""
        os.close(self._file)
        if not self.path.startswith("/proc/"):
            Path(self.path).unlink(missing_ok=True)


def attach(path: str) -> np.ndarray:
    """The bytes of the shared block at `path`."""
    return np.memmap(path, np.uint8, "r+").view(np.ndarray)


def locate(array: np.ndarray) -> tuple[str, int, str, tuple[int, ...]] | None:
    """Where any process can map `array` from: path, offset, dtype, shape.

    None means that it is no C-contiguous view of a memory-mapped file. The address counts, not
    `memmap.offset`, which a slice inherits unchanged.
    """
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    if not (array.flags.c_contiguous and isinstance(root, np.memmap) and root.filename):
        return None
    offset = root.offset + array.ctypes.data - root.ctypes.data
    return os.fspath(root.filename), offset, array.dtype.str, array.shape


def open_located(path: str, offset: int, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """The array that `locate` described, read-only."""
    return np.memmap(path, dtype, "r", offset, shape).view(np.ndarray)
