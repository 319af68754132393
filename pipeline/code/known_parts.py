"""What can be read of values of some types that `pickle` does not keep; see opaque.py."""

from __future__ import annotations

import gc
import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pipeline.code.bytecode import code_text

_DIALECT = (
    *("delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting"),
    *("skipinitialspace", "strict"),
)


def of_dialect(value: Any) -> list[Any]:
    """What makes a dialect of csv."""
    return [getattr(value, name) for name in _DIALECT]


def _of_variable(value: Any) -> list[Any]:
    held = [one for one in gc.get_referents(value) if one is not value.name]
    return [value.name, held, value.get(None)]


def of_file(value: Any) -> list[Any] | None:
    """A file that can be read; what only writes, or is no file on disk, changes no result."""
    try:
        if value.closed or not value.readable() or not isinstance(value.name, str | bytes):
            return []
        place = value.tell()
    except AttributeError:  # a package's, of whatever kind
        return None
    except (OSError, ValueError):  # in the middle of a loop over its lines, say
        place = None
    path = os.path.abspath(os.fsdecode(value.name))
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
    except OSError:
        return None
    return [place, digest] if (digest := _digest_of(path)) else None


def _digest_of(path: Any) -> str:
    """The digest of a file that was loaded; "" where the name is none of a path."""
    with suppress(OSError, TypeError), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return ""


def _of_database(value: Any) -> list[Any] | None:
    with suppress(Exception):
        return [hashlib.sha256(value.serialize()).hexdigest()]
    with suppress(Exception):  # of an empty file, or of a Python that was built without it
        return [*value.iterdump()]
    return None  # closed, or of another thread


def _of_hash(value: Any) -> list[Any]:
    length = (32,) if value.name.startswith("shake") else ()
    return [value.name, value.copy().hexdigest(*length)]


PARTS: Mapping[str, Callable[[Any], Any]] = {
    "_contextvars.ContextVar": _of_variable,
    "_thread._local": lambda value: value.__dict__,
    "_io.TextIOWrapper": of_file,
    "_io.BufferedReader": of_file,
    "_io.BufferedRandom": of_file,
    "_io.BufferedWriter": of_file,
    "_io.FileIO": of_file,
    "mmap.mmap": lambda value: [value.tell(), hashlib.sha256(value).hexdigest()],
    "sqlite3.Connection": _of_database,
    "ctypes.CDLL": lambda value: [value._name, _digest_of(value._name)],
    "_ctypes._Pointer": lambda value: [value.contents] if value else [],
    "weakref.WeakMethod": lambda value: [value()],
    "multiprocessing.shared_memory.SharedMemory": lambda value: [bytes(value.buf)],
    "multiprocessing.sharedctypes.SynchronizedBase": lambda value: [value.get_obj()],
    "pyarrow._dataset.FileSystemDataset": lambda value: [
        [*map(_digest_of, value.files)],
        value.files,
        str(value.schema),
    ],
    "onnxruntime.capi.onnxruntime_inference_collection.InferenceSession": lambda value: [
        _digest_of(value._model_path) or value._model_bytes,
        value.get_providers(),
    ],
    "numpy.flatiter": lambda value: [value.base, value.index],
    "_csv.Dialect": of_dialect,
    "_ctypes.CFuncPtr": lambda value: [getattr(value, "__name__", "")],
    "_struct.Struct": lambda value: [value.format],
    "builtins.code": lambda value: [code_text(value)],
    "builtins.module": lambda value: {k: v for k, v in vars(value).items() if k[:2] != "__"},
    "re.Match": lambda value: [value.re, value.string, value.span()],
    **dict.fromkeys(
        ("_hashlib", "_md5", "_sha1", "_sha2", "_sha256", "_sha512", "_sha3", "_blake2"),
        _of_hash,
    ),
}
