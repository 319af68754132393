"""What stages keep in the modules of their process: caches that one fills and another finds full.

A stage that calls a function with a cache, by `functools.lru_cache` or by hand, is not seen to read
what the cache was filled from, where an earlier stage of the same process has filled it. So what a
stage was seen to read also belongs to each later stage that reaches a name that it has changed, and
to each that runs beside it and does: whatever the name holds may come from there.

A name has changed where other objects can be reached from it than before: values of containers,
attributes, closures, defaults, entries of caches; or where one of them holds something else itself
(hidden.py): a number, a text, a buffer, the state of a generator. Of a module that was imported
meanwhile, all names have changed.
"""

from __future__ import annotations

import gc
import re
import sys
import threading
import types
from collections import deque
from collections.abc import Collection, Iterator
from typing import Annotated, Any

from pipeline.code.caches import note_caches, project_modules
from pipeline.code.hidden import ATOMS, plain, referents, state_of
from pipeline.code.recorder import Recorder

Name = tuple[str, str]  # the file of a module ("": a notebook), and a name in it
FRAMEWORK = __name__.partition(".")[0]
_MOST = 10_000  # objects of one name, or of one container, that are looked at
_ENDS = (types.ModuleType, types.FrameType, types.TracebackType)
# Packages whose objects change while they are used, and keep nothing that was read.
_BUSY = re.compile(
    r"(logging|threading|_abc|abc|concurrent|multiprocessing|asyncio|tqdm|pipeline\.(?!stage))\b"
)

_FUNCTION = types.FunctionType
_LEAVES = {*ATOMS, types.BuiltinFunctionType, types.MemberDescriptorType, types.CodeType}
_LEAVES |= {type(Annotated[int, ""]), type(Any), types.GenericAlias, type(annotations)}  # words
_SIZED = {dict, list, set, deque}

_LOCK = threading.Lock()
_RUNNING: list[Keeping] = []
_LEFT: dict[Name, list[Recorder]] = {}  # what was seen by stages that have changed a name
_FIRST: dict[Name, int] = {}  # what names were like before any stage


class Keeping:
    """A stage under way. `files` are the sources that it reaches, `labels` what it reaches in them
    ("module.name", see `Reached`)."""

    def __init__(self, files: Collection[str], labels: Collection[str]) -> None:
        self._files = {"", *files}
        self._words = {word for label in labels for word in re.split(r"[.() ]+", label)}
        self._before: dict[Name, int] = {}
        self._found: list[Recorder] = []  # a cache may be emptied while the stage runs
        self._loaded: set[str] = set()
        self._recorder: Recorder | None = None

    def begin(self, recorder: Recorder) -> None:
        """Look at the modules before the stage runs; `recorder` is what sees it."""
        self._recorder = recorder
        with _LOCK:  # no other may fill a cache, and end, between a look and what follows from it
            self._loaded = {file for file, _ in _modules()}
            self._before = dict(_states(self._files))
            for name, state in self._before.items():
                if _FIRST.setdefault(name, state) == state:  # a cache that was emptied again
                    _LEFT.pop(name, None)
            self._found = self._left()
            _RUNNING.append(self)

    def end(self) -> None:
        """Add to the stage what others have read that it may have found in a module, and remember
        for others what it has read. To be called however it ended, when all of it was seen."""
        recorder = self._recorder
        with _LOCK:
            if recorder is None or self not in _RUNNING:  # `begin` was interrupted
                return
            _RUNNING.remove(self)
            for other in _RUNNING:
                if other._recorder is not None and any(map(self._reaches, other._changed())):
                    recorder.inherit(other._recorder)
            for one in {id(one): one for one in [*self._found, *self._left()]}.values():
                recorder.inherit(one)
            for name in self._changed() if recorder.has_read() else ():
                others = [] if self._reaches(name) else _LEFT.get(name, [])  # which it has now
                _LEFT[name] = [*others, recorder]
        note_caches(count=False)

    def _reaches(self, name: Name) -> bool:
        return name[0] in self._files and (not name[1] or name[1] in self._words)

    def _left(self) -> list[Recorder]:
        return [one for name, all in _LEFT.items() if self._reaches(name) for one in all]

    def _changed(self) -> list[Name]:
        """The names that have changed; for one that was not there before, all of its module."""
        new = {file for file, _ in _modules()} - self._loaded
        found: dict[Name, None] = {}
        for name, state in _states(self._files | new):
            if name not in self._before:
                found[name[0], ""] = None
            elif self._before[name] != state:
                found[name] = None
        return [*found]


def _modules() -> Iterator[tuple[str, types.ModuleType]]:
    """The modules of the project that are loaded, by file; a notebook's by none."""
    for file, module in project_modules():
        if module.__name__.partition(".")[0] != FRAMEWORK:
            yield file, module
    if not hasattr(sys.modules["__main__"], "__file__"):
        yield "", sys.modules["__main__"]


def _states(files: Collection[str]) -> Iterator[tuple[Name, int]]:
    """The names in some modules, each with a number that differs where other objects lie there."""
    names: set[int] = set()
    for file, module in _modules():
        if file in files:
            for name, value in dict(vars(module)).items():
                kind = type(value)
                if kind in _LEAVES or (kind is _FUNCTION and not _held_by(value)):
                    yield (file, name), hash((id(value), state_of(value, kind)))
                elif not name.startswith("__") and kind is not types.ModuleType:
                    names = names or _dictionaries()
                    yield (file, name), _state(value, module.__name__, names)


def _dictionaries() -> set[int]:
    """Those of all modules. Who wants none imported puts None into `sys.modules`."""
    return {id(vars(one)) for one in [*sys.modules.values()] if hasattr(one, "__dict__")}


def _state(value: Any, home: str, names: set[int]) -> int:
    """`home` is the module that it lies in, `names` are the dictionaries of all modules."""
    found: set[tuple[int, int]] = set()
    seen: set[int] = set()
    waiting = deque([value])
    while waiting and len(seen) < _MOST:
        one = waiting.popleft()
        key, kind = id(one), type(one)
        if key in seen or key in names:
            continue
        seen.add(key)
        size = len(one) if kind in _SIZED else 0
        found.add((key, size or state_of(one, kind)))
        if kind in _LEAVES or size > _MOST:
            continue
        if kind is _FUNCTION:
            waiting += _held_by(one)
        elif isinstance(one, type):
            waiting += _members(one) if one.__module__ == home else ()
        elif not (isinstance(one, _ENDS) or _BUSY.match(kind.__module__)):
            waiting += gc.get_referents(one)
            waiting += referents(one, kind)
    return hash(frozenset(found))


def _held_by(function: Any) -> list[Any]:
    """What a function holds beside its code, but for defaults of numbers and words."""
    parts = (function.__closure__, function.__kwdefaults__, function.__dict__)
    held = [one for one in parts if one]
    return held if plain(function.__defaults__) else [*held, function.__defaults__]


def _members(cls: type) -> list[Any]:
    """The members of a class that may hold something. Python and its packages add others, under
    names of their own."""
    return [
        one
        for name, one in [*vars(cls).items()]
        if not (name[:1] == "_" and name[-1:] == "_") and name != "_abc_impl"
        if type(one) not in _LEAVES or type(one) in ATOMS
        if type(one) is not _FUNCTION or _held_by(one)
    ]
