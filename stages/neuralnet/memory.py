"""Blocks of memory, and named arrays laid out in them.

Every array of a training lies in one block: planned once, nothing is allocated per step, and a
worker process that maps the block has them all. Each array starts on a cache line of its own.

A shared block is an anonymous file (memfd) where the system has them: worker processes open it
through /proc, no name is left behind whatever is killed, and /dev/shm may be as small as containers
make it. Elsewhere it is a temporary file. A mapping lives as long as an array that looks into it.

Arrays that are views of a mapped file need not be copied: processes map the file, too, through the
descriptor of the one that holds it open, so its name may change hands meanwhile.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

LINE = 64  # bytes of a cache line
COMPARED = 1 << 20  # bytes at a time
Form = tuple[tuple[int, ...], Any]  # shape, and dtype
Shapes = Mapping[str, Form]  # by name


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
    return int(math.prod(shape) * np.dtype(dtype).itemsize)


class SharedBlock:
    """`size` bytes of zeros that other processes can map by `path`, until it is closed."""

    def __init__(self, size: int) -> None:
        self._owner, self._name = os.getpid(), None
        if hasattr(os, "memfd_create") and os.path.exists("/proc/self/fd"):
            self._file = os.memfd_create("neuralnet")
            self.path = _through_proc(self._file)
        else:
            import tempfile

            self._file, self._name = tempfile.mkstemp(prefix="neuralnet-")
            self.path = self._name
        try:
            os.truncate(self._file, size)
            self.bytes = attach(self.path)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Nobody can map the block from now on; who has mapped it keeps it."""
        os.close(self._file)
        if self._name is not None and self._owner == os.getpid():  # not in a fork
            Path(self._name).unlink(missing_ok=True)


def attach(path: str) -> np.ndarray:
    """The bytes of the shared block at `path`."""
    return np.memmap(path, np.uint8, "r+").view(np.ndarray)


Place = tuple[str, int, str, tuple[int, ...]]  # path, offset, dtype, shape


class MappedFile:
    """The file that an array is a view of, held open, so that any process can map it.

    place: where the array lies in it. ValueError or OSError where there is no such file: the array
    is no C-contiguous view of a memory map, or the file does not have its numbers (it is gone, or
    another one has its name, or the map is a private copy that was written to).
    """

    def __init__(self, array: np.ndarray) -> None:
        root = array
        while isinstance(root.base, np.ndarray):
            root = root.base
        if not (array.flags.c_contiguous and isinstance(root, np.memmap) and root.filename):
            raise ValueError("expected a C-contiguous view of a mapped file, found another array")
        # The address counts, not `memmap.offset`, which a slice inherits unchanged.
        offset = root.offset + array.ctypes.data - root.ctypes.data
        self._file = os.open(root.filename, os.O_RDONLY)
        try:
            path = _through_proc(self._file)
            path = path if os.path.exists(path) else os.path.abspath(root.filename)
            self.place: Place = path, offset, array.dtype.str, array.shape
            if root.mode == "c" or not _same(array, open_place(*self.place)):
                raise ValueError("expected the numbers of the file, found others")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Nobody can map the file through this one from now on."""
        os.close(self._file)


def open_place(path: str, offset: int, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """The array at a place, read-only."""
    return np.memmap(path, dtype, "r", offset, shape).view(np.ndarray)


def _same(one: np.ndarray, two: np.ndarray) -> bool:
    """Whether two C-contiguous arrays of one shape have the same bytes; block by block."""
    one, two = (array.reshape(-1).view(np.uint8) for array in (one, two))
    return all(
        np.array_equal(one[start : start + COMPARED], two[start : start + COMPARED])
        for start in range(0, one.size, COMPARED)
    )


def _through_proc(file: int) -> str:
    """A path by which other processes of this user open what this one has open."""
    return f"/proc/{os.getpid()}/fd/{file}"
