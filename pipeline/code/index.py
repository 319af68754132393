"""What code a result depends on.

`CodeIndex.reached(function)` follows a function through the project: to every function, class and
constant that it names, and what those name, through imports, re-exports and registries. Each comes
with a digest of its normalised syntax, so a comment changes nothing, and a helper's edit three
calls away does. To that comes what the names stand for now (live.py): values that a closure holds,
and what other modules have changed when they were imported.

Code of other people's packages is not looked into; what a name imports from there counts by name.
What no analysis can see, such as a module whose name is computed, is observed while a stage runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from types import FunctionType
from typing import Any

from pipeline.code.effects import Effects
from pipeline.code.graph import Reached, Walk
from pipeline.code.links import Links, Symbol
from pipeline.code.live import Live
from pipeline.code.loaded import Loaded
from pipeline.code.modules import Module, Project, is_installed, locate
from pipeline.code.tables import Tables

FRAMEWORK = __name__.partition(".")[0]
# The framework's vocabulary. It never changes a result (errors end a stage, the context only
# reports, and what a stage declares has fields of its own), yet every stage reaches it.
_VOCABULARY = ("errors", "context", "stage", "parameters", "names", "uses", "deferred")
EXCLUDED = {FRAMEWORK, *(f"{FRAMEWORK}.{name}" for name in _VOCABULARY)}


class CodeIndex:
    """The code that functions reach, as it stood when they were first looked at.

    `cache` is a file that remembers the tables of modules from one process to the next. `packages`
    are top-level packages that count as project even where they are installed; the function's own
    and the framework always do.
    """

    def __init__(self, cache: Path | None = None, packages: Collection[str] = ()) -> None:
        self._tables = Tables(cache)
        self._packages = {FRAMEWORK, *packages}
        self._projects: dict[tuple[Path, str], tuple[Links, Effects]] = {}
        self._reached: dict[tuple[FunctionType, tuple[str, ...]], Reached] = {}
        self._loaded = Loaded()

    def reached(self, function: Callable[..., Any], ignores: Collection[str] = ()) -> Reached:
        """All that `function` reaches, itself included, but for the modules named in `ignores`.

        A function without a source (typed at a prompt, made by `exec`) counts by its bytecode,
        which differs between versions of Python, and by the values that it uses. Raises `TypeError`
        for what is no Python function, and `CodeError` where a value that a function holds has no
        content, or a source has changed since it was loaded.
        """
        if not isinstance(unwrap(function), FunctionType):
            raise TypeError(f"expected a function, found {function!r}")
        key = (function, tuple(ignores))
        if key not in self._reached:
            self._reached[key] = self.reached_now(*key)
            self._tables.save()
        return self._reached[key]

    def reached_now(self, function: Callable[..., Any], ignores: Collection[str] = ()) -> Reached:
        """The same, with live values as they are now."""
        inner = unwrap(function)
        module, start, links, effects = self._place(inner)
        imported = effects.loaded(module, "top")
        live = Live(links, module, inner.__globals__, imported, self._loaded, self._counts)
        root = live.root(function, inner, start)
        found = Walk(links, effects, module, live.facts, ignores).reached(start, root)
        if "subclasses" in found.words:
            live.subclasses = True
            found = Walk(links, effects, module, live.facts, ignores).reached(start, root)
        return found

    def _place(self, function: FunctionType) -> tuple[Module, list[Symbol], Links, Effects]:
        """Where a function lies, where to begin, and the project as seen from there."""
        file = Path(function.__code__.co_filename).absolute()
        if has_source := file.is_file():
            module, root = locate(file, function.__module__)
        else:
            file = Path(function.__globals__.get("__file__") or "__main__.py").absolute()
            module, root = locate(file, function.__module__)
            module = module if file.is_file() else Module("", None, None)
        top = module.name.partition(".")[0]
        if (root, top) not in self._projects:
            links = Links(Project(root, {*self._packages, top} - {""}), self._tables, EXCLUDED)
            self._projects[root, top] = links, Effects(links)
        links, effects = self._projects[root, top]
        links.project.add(module)
        name = function.__qualname__.partition(".")[0]
        start = [links.start(module, name)] if has_source else []
        return module, start, links, effects

    def _counts(self, function: FunctionType) -> bool:
        own = (function.__module__ or "").partition(".")[0] in self._packages
        return own or not is_installed(Path(function.__code__.co_filename))


def unwrap(function: Any) -> Any:
    """The function behind decorators that say what they have wrapped."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function
