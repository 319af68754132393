"""What functions reached the last time, for as long as nothing of it has changed.

A walk through the sources costs more than a command that finds everything up to date may take, and
it comes to the same as long as (1) no source has changed of all that the function's module imports,
and none has come or gone beside them, and (2) each live value that the walk has looked at has the
content that it had. Values of modules that are not imported yet are what they were: their sources
are among those. So an answer is kept with what it rests on, in a file that may be lost at any time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.code.graph import Reached
from pipeline.code.modules import Module
from pipeline.code.tables import SETTLED_NS, stamp
from pipeline.store.cache import read_cache, write_cache

_MOST = 200  # functions that are remembered


class Remembered:
    """Answers by function, each with what it rests on. `cache` is a file; None: nothing is kept."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._known: dict[str, Any] | None = None
        self._now: dict[str, Any] = {}
        self._news = False

    def get(self, key: str, same: Callable[[list[Any]], bool]) -> Reached | None:
        """What a function reached, if all that it rests on is as it was; `same` compares facts."""
        entry = self._load().get(key)
        with suppress(KeyError, TypeError, ValueError, AttributeError):  # of another form
            if all(self.state(p) == s for p, s in entry["files"].items()) and same(entry["facts"]):
                found = entry["reached"]
                modules = [Module(n, p and Path(p), f and Path(f)) for n, p, f in found["modules"]]
                return Reached(**found | {"modules": tuple(modules)})
        return None

    def put(self, key: str, modules: Iterable[Module], facts: list[Any], reached: Reached) -> None:
        """Keep an answer; not where a source is so new that it could change unseen."""
        paths = {str(module.path) for module in modules if module.path}
        paths |= {os.path.dirname(path) + os.sep for path in paths}
        files = {path: self.state(path) for path in sorted(paths)}
        stamps = [files[path] for path in paths if not path.endswith(os.sep)]
        newest = max((max(one[1:3]) for one in stamps), default=0)
        if self._cache is None or time.time_ns() - newest < SETTLED_NS:
            return
        found = asdict(reached) | {"words": sorted(reached.words)}
        found["modules"] = [
            [m.name, m.path and str(m.path), m.folder and str(m.folder)] for m in reached.modules
        ]
        self._load().pop(key, None)
        self._load()[key] = {"files": files, "facts": facts, "reached": found}
        self._news = True

    def save(self) -> None:
        """Write down what has been learnt since the last time, if anything was."""
        if self._cache and self._news:
            self._news = False
            write_cache(self._cache, [_version(), dict(list(self._load().items())[-_MOST:])])

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

    def _load(self) -> dict[str, Any]:
        if self._known is None:
            self._known = {}
            match read_cache(self._cache) if self._cache else None:
                case [version, dict(known)] if version == _version():
                    self._known = known
        return self._known


def _version() -> list[Any]:
    """What answers depend on beside the sources: Python, and how they are found."""
    here = Path(__file__).parent
    with os.scandir(here) as found:
        own = sorted(entry.path for entry in found if entry.name.endswith(".py"))
    return [*sys.version_info[:3], sys.path, *(stamp(Path(path)) for path in own)]
