"""Array files: rows appended to an .npy file, and the file read back, without trusting its header.

NumPy reads a header as a piece of Python and takes whatever dtype and shape it finds there. Here
both come from the manifest, and the header must be the one that is written for them, to the byte:
https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import functools
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from pipeline.store.array_digests import ArrayDigest
from pipeline.store.durable import fsync
from pipeline.store.records import file_record

BLOCK = 1 << 22


class ArrayFile:
    """An .npy file whose number of rows is known only at its end."""

    def __init__(self, path: Path, dtype: np.dtype, row_shape: tuple[int, ...]) -> None:
        self._digest = ArrayDigest(dtype, row_shape)
        self._dtype, self._row_shape, self._rows = dtype, row_shape, 0
        self._path = path
        self._file: BinaryIO = open(path, "xb", buffering=0)  # noqa: SIM115 - closed in close()
        self._file.seek(len(header_of(dtype, (0, *row_shape))))  # it is written at the end

    def append(self, block: np.ndarray) -> None:
        if block.ndim and (block.dtype, block.shape[1:]) != (self._dtype, self._row_shape):
            raise ValueError(
                f"{self._path.name}: expected blocks of {self._dtype} {self._row_shape}, "
                f"found {block.dtype} {block.shape[1:]}"
            )
        block = np.ascontiguousarray(block) if block.ndim else block
        self._write(block.reshape(-1).view(np.uint8).data)
        self._digest.update(block)
        self._rows += len(block) if block.ndim else 0

    def finish(self, ndim: int | None = None) -> dict[str, Any]:
        shape = () if ndim == 0 else (self._rows, *self._row_shape)
        self._file.seek(0)
        self._write(memoryview(header_of(self._dtype, shape)))
        fsync(self._file.fileno())
        self.close()
        digest = self._digest.hexdigest(shape[0] if shape else None)
        dtype = np.lib.format.dtype_to_descr(self._dtype)
        return {
            "kind": "array",
            "digest": digest,
            "dtype": dtype,
            "shape": list(shape),
            **file_record(self._path),
        }

    def _write(self, data: memoryview) -> None:
        while data:  # an unbuffered write may take less than it is given
            data = data[self._file.write(data) :]

    def close(self) -> None:
        self._file.close()


def form_of(record: Mapping[str, Any]) -> tuple[np.dtype, tuple[int, ...]]:
    """The dtype and shape of a stored array. Raises `ValueError` where no array has them."""
    try:
        dtype = np.lib.format.descr_to_dtype(_from_json(record["dtype"]))
    except (TypeError, ValueError, SyntaxError):
        dtype = None
    if dtype is None or dtype.hasobject or not dtype.itemsize:
        found = f"{record.get('dtype')!r:.60}" if isinstance(record, Mapping) else "none"
        raise ValueError(f"expected the dtype of an array, found {found}")
    return dtype, tuple(record["shape"])


def check_form(dtype: np.dtype) -> None:
    """Raise `ValueError` for a dtype that no .npy file gives back: no bytes, or fields that overlap
    or have titles, or names that no header has room for."""
    if dtype.names is None and dtype.itemsize:
        return
    header_of(dtype, ())
    description = json.loads(json.dumps(np.lib.format.dtype_to_descr(dtype)))
    if form_of({"dtype": description, "shape": ()})[0] != dtype:
        raise ValueError(f"expected a dtype that .npy files keep, found {dtype!s:.60}")


def _from_json(description: Any) -> Any:
    """NumPy's description of a structured dtype, whose tuples JSON has made lists."""
    if not isinstance(description, list):
        return description
    fields = (field if isinstance(field, list) else [None] for field in description)
    return [
        (name, _from_json(kind), *map(tuple, shape)) if shape else (name, _from_json(kind))
        for name, kind, *shape in fields
    ]


def map_array(path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """The array in an .npy file: memory-mapped, read-only. Raises `ValueError` for another one."""
    header = header_of(dtype, shape)
    with open(path, "rb") as file:
        if file.read(len(header)) != header:
            raise ValueError("expected another header")
        size = math.prod(shape) * dtype.itemsize
        if os.fstat(file.fileno()).st_size != len(header) + size:
            raise ValueError(f"expected {size} bytes of data")
        array: np.ndarray
        if shape and size:
            array = np.memmap(file, dtype, "r", len(header), shape)
        else:
            array = np.frombuffer(file.read(), dtype).reshape(shape)
    array.flags.writeable = False
    return array


def array_in(data: Any, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """The array whose .npy file is `data` (a buffer): a read-only view. Raises `ValueError`."""
    header = header_of(dtype, shape)
    size = math.prod(shape) * dtype.itemsize
    if bytes(data[: len(header)]) != header or len(data) != len(header) + size:
        raise ValueError(f"expected an .npy file of {dtype} {shape}")
    array = np.frombuffer(data[len(header) :] if size else b"", dtype).reshape(shape)
    array.flags.writeable = False
    return array


def array_digest(path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> str:
    """The content digest of an .npy file, read block by block; its header counts to the byte."""
    digest = ArrayDigest(dtype, shape[1:])
    with open(path, "rb") as file:
        header = header_of(dtype, shape)
        if file.read(len(header)) != header:
            raise ValueError("another header")
        size = min(BLOCK, os.fstat(file.fileno()).st_size)  # what is asked for is allocated
        while block := file.read(size):
            digest.update(np.frombuffer(block, np.uint8))
    return digest.hexdigest(shape[0] if shape else None)


@functools.lru_cache(256)
def header_of(dtype: np.dtype, shape: tuple[int, ...]) -> bytes:
    """An .npy header; NumPy pads it so that it has one length, whatever the number of rows."""
    import io

    buffer = io.BytesIO()
    description = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(buffer, description)
    return buffer.getvalue()
