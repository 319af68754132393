"""Content digests of arrays, which depend on no file format and no way of writing them.

An array counts by its dtype (with byte order), its shape and its bytes in C order; without the
first two, float32 ones would pass for the int32 with the same bits. The bytes are hashed first and
the rest last, so that a writer of blocks may learn the number of rows at the end.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.stream import release

BLOCK = 1 << 22


class ArrayDigest:
    """The digest of an array of known dtype and row shape, whose rows come block by block.

    Raises `TypeError` for dtypes that hold Python objects: their bytes are addresses.
    """

    def __init__(self, dtype: Any, row_shape: tuple[int, ...]) -> None:
        dtype = np.dtype(dtype)
        if dtype.hasobject:
            raise TypeError(f"expected a dtype of plain bytes, found {dtype}")
        self._dtype = np.lib.format.dtype_to_descr(dtype)
        self._row_shape = tuple(map(int, row_shape))
        self._row_bytes = dtype.itemsize * math.prod(self._row_shape)
        self._bytes = 0
        self._hash = hashlib.sha256()

    def update(self, block: np.ndarray) -> None:
        """Add rows, or any run of bytes of them as uint8."""
        if block.nbytes:  # a view of nothing as bytes is refused
            self._hash.update(np.ascontiguousarray(block).reshape(-1).view(np.uint8).data)
            self._bytes += block.nbytes

    def hexdigest(self, rows: int | None) -> str:
        """The digest of an array of `rows` rows; None for a single value, an array without axes.

        Raises `ValueError` where the bytes that came are not those of so many rows.
        """
        expected = self._row_bytes * (1 if rows is None else rows)
        if self._bytes != expected:
            raise ValueError(f"expected {expected} bytes of {rows} rows, found {self._bytes}")
        shape = [] if rows is None else [int(rows), *self._row_shape]
        kind = json.dumps([self._dtype, shape]).encode()
        total = self._hash.copy()
        total.update(kind + len(kind).to_bytes(8, "little"))  # the length tells kind from bytes
        return total.hexdigest()


def digest_array(array: np.ndarray) -> str:
    """The digest (hex SHA-256) of an array, in bounded memory also where it is memory-mapped."""
    digest = ArrayDigest(array.dtype, array.shape[1:])
    for block in _blocks(np.asarray(array)):
        digest.update(block)
        release(array)
    return digest.hexdigest(len(array) if array.ndim else None)


def _blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    """Parts of an array, in C order, of about `BLOCK` bytes each."""
    if array.nbytes <= BLOCK:
        yield array
    elif array.flags.c_contiguous:
        flat = array.reshape(-1).view(np.uint8)
        yield from (flat[start : start + BLOCK] for start in range(0, flat.size, BLOCK))
    else:
        rows = max(1, BLOCK * len(array) // array.nbytes)
        for start in range(0, len(array), rows):
            part = array[start : start + rows]
            yield from _blocks(part[0]) if rows == 1 and array.ndim > 1 else [part]
