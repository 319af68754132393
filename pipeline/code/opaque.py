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
import io
import sys
import types
from collections.abc import Collection
from typing import Any

from pipeline.code.bytecode import code_text
from pipeline.code.caches import filled_at_import
from pipeline.code.known_parts import PARTS, of_file

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
_FRAMES = {types.GeneratorType: "gi", types.CoroutineType: "cr", types.AsyncGeneratorType: "ag"}


def parts_of(value: Any, kind: type, words: Collection[str], captured: bool) -> Any:
    """What is to be described in the place of a value: its parts; None where nothing is known.

    `words` are what the code that is reached looks at (nature.py). What is used up when it is read
    has no parts where a function has captured it."""
    name = name_of(kind)
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
        known = PARTS.get(f"{base.__module__}.{base.__qualname__}") or PARTS.get(base.__module__)
        if known is not None:
            return known(value)
    return None


def referred_to(value: Any, kind: type) -> list[Any]:
    """What an object of C code holds, as the garbage collector sees it; nothing where it may lead
    to all that there is."""
    if issubclass(kind, io.IOBase):
        return [*(of_file(value) or ())]
    if not _HOLDERS & {kind.__module__, f"{kind.__module__}.{kind.__qualname__}"}:
        return []
    if kind.__module__ == "itertools" and kind.__name__ in ("count", "repeat"):
        return [repr(value)]
    return [one for one in gc.get_referents(value) if one is not kind]


def name_of(kind: type) -> str:
    """A type, as messages call it."""
    return f"{kind.__module__}.{kind.__qualname__}"


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


def _of_logger(value: Any) -> list[Any]:
    if hasattr(value, "extra"):
        return [value.extra, *_of_logger(value.logger)]
    return [value.level, value.disabled, value.propagate]
