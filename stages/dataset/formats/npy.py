"""NPY: one array as NumPy saves it, memory-mapped and never unpickled."""

from __future__ import annotations

import math
from contextlib import ExitStack
from typing import Any

import numpy as np

from pipeline.errors import DataError
from stages.dataset.formats.blobs import Blob

BYTES = 1 << 36  # of an array


def map_array(blob: Blob, stack: ExitStack) -> np.ndarray:
    """The array in a .npy file, memory-mapped. Raises `DataError` on anything else."""
    file = stack.enter_context(blob.open())
    try:
        version = np.lib.format.read_magic(file)
        reader = {(1, 0): "read_array_header_1_0", (2, 0): "read_array_header_2_0"}[version]
        shape, fortran, dtype = getattr(np.lib.format, reader)(file)
    except (ValueError, KeyError, EOFError, SyntaxError, TypeError, RecursionError) as error:
        raise DataError(f"{blob.where}: expected a .npy file, found none ({error})") from error
    if dtype.hasobject:
        raise DataError(
            f"{blob.where}: expected numbers or texts, found Python objects, which are pickled and "
            "may run code; save the array with another dtype"
        )
    if dtype.kind not in "biufUS" or not dtype.itemsize:
        raise DataError(f"{blob.where}: expected numbers or texts, found {dtype}")
    start = file.tell()
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=1) < 0 or size != blob.size - start or size > BYTES:
        raise DataError(
            f"{blob.where}: expected {size:,} bytes for {dtype} {shape}, as its header says, found "
            f"{blob.size - start:,}; get the file again"
        )
    window: Any = getattr(file, "raw", None)  # of blobs.py
    raw, offset = window.place(start)
    if not size:
        return np.empty(shape, dtype)
    return np.memmap(raw, dtype, "r", offset, shape, "F" if fortran else "C")
