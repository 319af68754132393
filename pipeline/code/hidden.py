"""What objects hold that the garbage collector does not show: numbers, text, bytes, states.

The collector shows which objects one refers to, and nothing of what a class that is written in C
keeps in memory of its own. `state_of` makes a number of that: so an object tells whether it has
changed in place, and one from another that lies where it lay. `referents` are those that it misses.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, ref

ATOMS = {int, float, complex, str, bytes, bool, type(None)}
_WHOLE = 64_000_000  # bytes: of larger buffers, blocks at even distances
_BLOCKS, _BLOCK = 1_000, 4_096
_HASHED = types.WrapperDescriptorType  # of a `__hash__` that is written in C
_readers: WeakKeyDictionary[type, Callable[[Any], int]] = WeakKeyDictionary()


def state_of(value: Any, kind: type) -> int:
    """A number that differs where what `value` holds itself does; 0 where nothing is known of it,
    or all of it is seen otherwise. `kind` is its type."""
    if kind in ATOMS:
        return hash(value)
    read = _readers.get(kind)
    if read is None:
        read = _readers[kind] = _reader_of(kind)
    with suppress(Exception):  # a text that is closed, a buffer that is let go
        return read(value)
    return 0


def referents(value: Any, kind: type) -> list[Any]:
    """Objects that are the value's in this thread, or in this context."""
    match f"{kind.__module__}.{kind.__qualname__}":
        case "_contextvars.ContextVar":
            return [value.get(None)]
        case "_thread._local":
            return [*vars(value).values()]
    return []


def plain(defaults: tuple[Any, ...] | None) -> bool:
    """Whether the defaults of a function are numbers and words."""
    return not defaults or ATOMS.issuperset(map(type, defaults))


def _reader_of(kind: type) -> Callable[[Any], int]:
    for base in kind.__mro__:
        read = _READERS.get(f"{base.__module__}.{base.__qualname__}")
        if isinstance(read, str):  # a method of the base: a class that derives may have another
            return partial(_called, getattr(base, read))
        if read is not None:
            return read
    if kind.__module__.startswith("_") and hasattr(kind, "digest"):  # a hash
        return _of_digest
    if kind.__module__ in ("builtins", "itertools"):
        return operator.length_hint if hasattr(kind, "__length_hint__") else _nothing
    own = type(kind.__hash__) is _HASHED and kind.__hash__ is not object.__hash__
    return hash if own and not issubclass(kind, (tuple, frozenset, ref)) else _nothing


def _nothing(value: Any) -> int:
    return 0


def _of_function(function: Any) -> int:
    defaults = function.__defaults__ if plain(function.__defaults__) else None
    return hash((function.__code__, defaults))


# Each takes what it needs in one call: a view that is open makes others fail who resize the value.


def _of_bytes(value: Any) -> int:
    return hash(bytes(value))


def _of_map(value: Any) -> int:
    return hash((len(value), *(value[start:end] for start, end in _parts(len(value), 1))))


def _of_array(value: Any) -> int:
    if value.dtype.hasobject:
        return hash(tuple(map(id, value.ravel().tolist())))
    if value.nbytes <= _WHOLE:
        return hash((value.tobytes(), value.shape))
    parts = _parts(value.size, value.itemsize)
    return hash((value.shape, *(value.flat[start:end].tobytes() for start, end in parts)))


def _parts(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Which of `count` elements of `size` bytes are looked at."""
    step = max(1, count // _BLOCKS) if count * size > _WHOLE else max(1, count)
    length = max(1, _BLOCK // size) if count * size > _WHOLE else step
    for start in range(0, count, step):
        yield start, start + length


def _of_state(value: Any) -> int:
    import pickle  # here and not above: few programs have a generator of NumPy's in a module

    return hash(pickle.dumps(value.state))


def _of_digest(value: Any) -> int:
    try:
        return hash(value.digest())
    except TypeError:  # one of any length
        return hash(value.digest(32))


def _of_generator(value: Any) -> int:
    return -1 if value.gi_frame is None else value.gi_frame.f_lasti  # where it waits, or has ended


def _called(method: Callable[[Any], Any], value: Any) -> int:
    return hash(method(value))


_READERS: dict[str, Callable[[Any], int] | str] = {
    "builtins.function": _of_function,
    "builtins.generator": _of_generator,
    "builtins.bytearray": _of_bytes,
    "builtins.memoryview": "tobytes",
    "builtins.range": hash,
    "itertools.count": lambda value: hash(repr(value)),
    "array.array": "tobytes",
    "mmap.mmap": _of_map,
    "_ctypes._SimpleCData": _of_bytes,
    "_ctypes.Array": _of_bytes,
    "_ctypes.Structure": _of_bytes,
    "_ctypes.Union": _of_bytes,
    "_io.StringIO": "getvalue",
    "_io.BytesIO": "getvalue",
    "_random.Random": "getstate",
    "numpy.ndarray": _of_array,
    "numpy.generic": "tobytes",
    "numpy.random.bit_generator.BitGenerator": _of_state,
    "torch.Tensor": lambda value: hash((value._version, value.data_ptr())),
    "sqlite3.Connection": operator.attrgetter("total_changes"),
}
