"""What functions reached the last time, for as long as nothing of it has changed.

A walk through the sources costs more than a command that finds everything up to date may take, and
it comes to the same as long as (1) no source has changed of all that the function's module imports,
and none has come or gone beside them, and (2) each live value that the walk has looked at has the
content that it had. Values of modules that are not imported yet are what they were: their sources
are among those. So an answer is kept with what it rests on, in a file that may be lost at any time.

A store that remembers nothing yet finds the framework's own functions in a cache of the user's
(own.py).

Where Python looks for modules depends on how a program is started: the answers of the last few such
paths stand side by side (answers.py: how).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.code.answers import Answers, unpacked
from pipeline.code.graph import Reached
from pipeline.code.hashing import short_hash
from pipeline.code.held import LIVE_WORDS
from pipeline.code.live import Seen
from pipeline.code.modules import Module
from pipeline.code.own import read_own, write_own
from pipeline.code.package_state import state_of
from pipeline.code.tables import stamp
from pipeline.store.cache import read_cache, write_cache
from pipeline.store.digest_cache import SETTLED_NS

_PATHS = 4  # ways of finding modules

Same = Callable[[Module, Iterable[Seen], frozenset[str]], bool]  # see live.py


class Remembered:
    """Answers by function, each with what it rests on. `cache` is a file; None: nothing is kept."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._known: Answers | None = None
        self._path = json.dumps(sys.path)
        self._others: dict[str, str] = {}  # answers of other paths, the last ones last
        self._learnt: dict[str, None] = {}  # functions of the framework, for the user's cache
        self._own: Answers | None = None
        self._now: dict[str, Any] = {}
        self._fits: dict[int, bool] = {}  # whether a source is as it was, by its row
        self._modules: dict[int, Module] = {}
        self._news = False
        self._version = _version() if cache else []

    def get(self, key: str, own: bool, same: Same) -> Reached | None:
        """What a function reached, if all that it rests on is as it was; `same` compares the live
        values of one module, as code looks at them that says certain words. `own`: the function is
        one of the framework."""
        known = self._load()
        if own and self._cache and self._own is None and key not in known.answers:
            known.add(self._load_own())
            self._news |= key in known.answers
        with suppress(KeyError, TypeError, ValueError, AttributeError, IndexError):  # another form
            files, values, modules, found = known.answers[key]
            if not all(self._fits[one] if one in self._fits else self._fit(one) for one in files):
                return None
            if any(state_of(name) != state for name, state in found["states"].items()):
                return None
            words = LIVE_WORDS & {*found["words"]}
            for one, seen in values:
                if not same(self._module(one), [known.rows[two] for two in seen], words):
                    return None
            return Reached(**found, modules=tuple(map(self._module, modules)))
        return None

    def put(
        self,
        key: str,
        own: bool,
        modules: Iterable[Module],
        seen: Iterable[tuple[Module, *Seen]],
        reached: Reached,
    ) -> None:
        """Keep an answer; not where a source is so new that it could change unseen."""
        paths = {str(module.path) for module in modules if module.path}
        paths |= {os.path.dirname(path) + os.sep for path in paths}
        stamps = [self.state(path) for path in paths if path[-1] != os.sep]
        newest = max((max(one[1:3]) for one in stamps), default=0)
        if self._cache is None or time.time_ns() - newest < SETTLED_NS:
            return
        known = self._load()
        values: dict[int, list[int]] = {}
        for module, *value in seen:
            values.setdefault(known.number(_row(module)), []).append(known.number(value))
        found = asdict(reached) | {"words": sorted(reached.words)}
        del found["modules"]
        known.answers.pop(key, None)
        known.answers[key] = (
            [known.number([path, self.state(path)]) for path in sorted(paths)],
            [*values.items()],
            [known.number(_row(module)) for module in reached.modules],
            found,
        )
        self._news = True
        if own:
            self._learnt[key] = None

    def save(self) -> None:
        """Write down what has been learnt since the last time, if anything was."""
        if self._cache and self._news:
            self._news = False
            recent = dict([*self._others.items()][1 - _PATHS :])
            recent[self._path] = self._load().packed()
            write_cache(self._cache, [self._version, recent])
        if self._learnt:
            known, own = self._load(), Answers([], {})
            own.add(Answers(known.rows, {key: known.answers[key] for key in self._learnt}))
            own.add(self._load_own())
            write_own(self._kind(), [self._version, own.packed()])
            self._own, self._learnt = own, {}

    def state(self, path: str) -> Any:
        """A source's stamp; of a folder, which modules could be in it."""
        if path not in self._now:
            self._now[path] = None
            with suppress(OSError):
                if not path.endswith(os.sep):
                    self._now[path] = stamp(Path(path))
                else:
                    names = (n for n in os.listdir(path) if n.endswith(".py") or "." not in n)
                    self._now[path] = sorted(name for name in names if name != "__pycache__")
        return self._now[path]

    def _fit(self, row: int) -> bool:
        path, state = self._load().rows[row]
        self._fits[row] = self.state(path) == state
        return self._fits[row]

    def _module(self, row: int) -> Module:
        if row not in self._modules:
            name, path, folder = self._load().rows[row]
            self._modules[row] = Module(name, path and Path(path), folder and Path(folder))
        return self._modules[row]

    def _load(self) -> Answers:
        if self._known is None:
            self._known = Answers([], {})
            match read_cache(self._cache) if self._cache else None:
                case [version, dict(paths)] if version == self._version:
                    self._others = paths
                    self._known = unpacked(paths.pop(self._path, ""))
        return self._known

    def _load_own(self) -> Answers:
        if self._own is None:
            self._own = Answers([], {})
            match read_own(self._kind()):
                case [version, str(text)] if version == self._version:
                    self._own = unpacked(text)
        return self._own

    def _kind(self) -> str:
        return f"reached-{short_hash(self._path)[:8]}"


def _row(module: Module) -> list[Any]:
    name, path, folder = module
    return [name, path and str(path), folder and str(folder)]


def _version() -> list[Any]:
    """What answers depend on beside the sources and where they are found: Python, and this code."""
    here = Path(__file__).parent
    with os.scandir(here) as found:
        own = sorted(entry.path for entry in found if entry.name.endswith(".py"))
    return [*sys.version_info[:3], *(stamp(Path(path)) for path in own)]
