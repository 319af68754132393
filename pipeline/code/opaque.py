"""Values that `pickle` does not keep, by what can be read of them all the same.

    a generator            its code, where it stands, and its variables
    a file that is open    its path, its position and its content; only where it can be read
    a context variable     its default, and its value here
    threading.local        what this thread has in it
    a database (sqlite3)   its content
    a cache (functools)    what it held before any stage had run (caches.py)
    a logger               its level, where code that is reached asks for levels
    hashes, struct.Struct, code objects, modules that no file holds, queues, iterators …

What else there is without content (a socket, a compressor, a process) counts by its type: who
reaches it is warned, for it may have been made from data that nobody has seen.
"""

from __future__ import annotations

import gc
import hashlib
import io
import os
import stat
import sys
import types
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from pipeline.code.bytecode import code_text
from pipeline.code.caches import filled_at_import

# What never changes a result, but for the levels of loggers where they are asked for; of the
# environment it is seen what a stage reads.
HARMLESS = {
    *("os._Environ", "_thread._localdummy"),
    *("_thread.lock", "_thread.RLock"),
    *("logging.Logger", "logging.RootLogger", "logging.LoggerAdapter"),
    *("weakref.ReferenceType", "weakref.WeakKeyDictionary", "weakref.WeakValueDictionary"),
    *("weakref.WeakSet", "weakref.ProxyType", "_abc._abc_data", "builtins.weakref"),
    *("tqdm.std.tqdm", "multiprocessing.synchronize.Lock", "multiprocessing.synchronize.RLock"),
}
# Without content by nature, and made from none: nobody needs to be warned.
BARE = {"builtins.object", "builtins.PyCapsule", "ssl.SSLContext"}
# Whose objects hold nothing but what they were given.
_HOLDERS = {
    "itertools",
    "functools",
    "_functools",
    "operator",
    "_operator",
    "_queue",
    "_collections",
    "_csv",
}
_HOLDERS |= {"builtins.map", "builtins.filter", "builtins.zip", "builtins.enumerate"}
_HOLDERS |= {"builtins.reversed", "builtins.callable_iterator", "builtins.iterator"}
_DIALECT = ("delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting")
_DIALECT += ("skipinitialspace", "strict")
_FRAMES = {types.GeneratorType: "gi", types.CoroutineType: "cr", types.AsyncGeneratorType: "ag"}


def parts_of(value: Any, kind: type, words: Collection[str], captured: bool) -> Any:
    """What is to be described in the place of a value: its parts; None where nothing is known.

    `words` are what the code that is reached looks at (nature.py). What is used up when it is read
    has no parts where a function has captured it."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    if any(value is one for one in (sys.stdin, sys.stdout, sys.stderr)):
        return ()
    if captured and (kind in _FRAMES or name.startswith("_io.")):
        return None
    if name in HARMLESS:
        return _of_logger(value) if "levels" in words and name.startswith("logging.") else ()
    if kind in _FRAMES:
        return _of_frame(value, _FRAMES[kind])
    if kind.__module__ == "functools" and hasattr(value, "cache_info"):
        return [value.__wrapped__, filled_at_import(value)]
    for base in kind.__mro__[:-1]:
        known = _PARTS.get(f"{base.__module__}.{base.__qualname__}") or _PARTS.get(base.__module__)
        if known is not None:
            return known(value)
    return None


def referred_to(value: Any, kind: type) -> list[Any]:
    """What an object of C code holds, as the garbage collector sees it; nothing where it may lead
    to all that there is."""
    if issubclass(kind, io.IOBase):
        return [*(_of_file(value) or ())]
    if not _HOLDERS & {kind.__module__, f"{kind.__module__}.{kind.__qualname__}"}:
        return []
    if kind.__module__ == "itertools" and kind.__name__ in ("count", "repeat"):
        return [repr(value)]
    return [one for one in gc.get_referents(value) if one is not kind]


def looked_after(kind: type) -> bool:
    """Whether an object of a package may hold one of this kind without a word: what is Python's own
    and no iterator over data. Others are what the package keeps in C, such as a model."""
    package = kind.__module__.partition(".")[0]
    return package in sys.stdlib_module_names and not hasattr(kind, "__next__")


def _of_frame(value: Any, prefix: str) -> list[Any]:
    frame = getattr(value, f"{prefix}_frame")
    if frame is None:
        return ["ended"]
    return [code_text(getattr(value, f"{prefix}_code")), frame.f_lasti, dict(frame.f_locals)]


def _of_variable(value: Any) -> list[Any]:
    held = [one for one in gc.get_referents(value) if one is not value.name]
    return [value.name, held, value.get(None)]


def _of_logger(value: Any) -> list[Any]:
    if hasattr(value, "extra"):
        return [value.extra, *_of_logger(value.logger)]
    return [value.level, value.disabled, value.propagate]


def _of_file(value: Any) -> list[Any] | None:
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


_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "_contextvars.ContextVar": _of_variable,
    "_thread._local": lambda value: value.__dict__,
    "_io.TextIOWrapper": _of_file,
    "_io.BufferedReader": _of_file,
    "_io.BufferedRandom": _of_file,
    "_io.BufferedWriter": _of_file,
    "_io.FileIO": _of_file,
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
    "_csv.Dialect": lambda value: [getattr(value, name) for name in _DIALECT],
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
