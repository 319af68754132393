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

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import FunctionType, MappingProxyType
from typing import Any

from pipeline.code.caches import note_first
from pipeline.code.effects import Effects
from pipeline.code.entry import Table
from pipeline.code.graph import Facts, Reached, Walk
from pipeline.code.held import LIVE_WORDS, holds_nothing, place_of
from pipeline.code.links import Links
from pipeline.code.live import Live
from pipeline.code.loaded import Loaded
from pipeline.code.modules import Module, Project, is_installed, locate
from pipeline.code.own import is_own
from pipeline.code.remembered import Remembered
from pipeline.code.tables import Tables, stamp
from pipeline.code.values import Values

FRAMEWORK = __name__.partition(".")[0]
# The framework's vocabulary. It never changes a result (errors end a stage, the context only
# reports, and what a stage declares has fields of its own), yet every stage reaches it.
_VOCABULARY = ("errors", "context", "stage", "parameters", "names", "docs", "uses", "deferred")
EXCLUDED = {FRAMEWORK, *(f"{FRAMEWORK}.{name}" for name in _VOCABULARY)}


class CodeIndex:
    """The code that functions reach, as it stood when they were first looked at.

    `cache` is a file that remembers the tables of modules from one process to the next. `packages`
    are top-level packages that count as project even where they are installed; the function's own
    and the framework always do.
    """

    def __init__(self, cache: Path | None = None, packages: Collection[str] = ()) -> None:
        note_first()
        self._tables = Tables(cache)
        self._packages = {FRAMEWORK, *packages}
        self._remembered = Remembered(cache and cache.with_name(".reached.json"))
        self._projects: dict[tuple[Path, str], tuple[Links, Effects, Values]] = {}
        self._reached: dict[tuple[Callable[..., Any], tuple[str, ...]], Reached] = {}
        self._loaded = Loaded()
        self._installed: dict[str, bool] = {}

    def reached(
        self,
        function: Callable[..., Any],
        ignores: Collection[str] = (),
        groups: Mapping[str, Any] = MappingProxyType({}),
        save: bool = True,
    ) -> Reached:
        """All that `function` reaches, itself included, but for the modules named in `ignores`.
        `groups` are its arguments that are groups of parameters, whose methods count. What has been
        learnt is written down unless `save` is false: then call `save`, after the last of many.

        A function without a source (typed at a prompt, made by `exec`) counts by its bytecode,
        which differs between versions of Python, and by the values that it uses. Raises `TypeError`
        for what is no Python function, and `CodeError` where a value that a function holds has no
        content, or a source has changed since it was loaded.
        """
        if not isinstance(unwrap(function), FunctionType):
            raise TypeError(f"expected a function, found {function!r}")
        key = (function, tuple(ignores))
        if key not in self._reached:
            self._reached[key] = self._look(*key, [group.type for group in groups.values()])
            if save:
                self.save()
        return self._reached[key]

    def save(self) -> None:
        """Write down what has been learnt, if anything was."""
        self._tables.save()
        self._remembered.save()

    def changed(self) -> list[str]:
        """The names of live values that are no longer what they were when they were looked at.

        They go on counting as what they were: whoever calls this knows that a stage has run.
        """
        found = (values.changed() for _, _, values in self._projects.values())
        return list(dict.fromkeys(name for names in found for name in names))

    def root_of(self, function: Callable[..., Any]) -> Path:
        """The folder that a function's project lies in."""
        return self._place(unwrap(function))[2][0].project.root

    def imported(self, function: Callable[..., Any], ignores: Collection[str] = ()) -> set[str]:
        """The sources that importing a function's own module brings in: what they do then is seen
        in live values. Those that a function imports later are observed where they are not reached,
        for they may be imported for their effect; but for those that it ignores, and packages."""
        module, _, (_, effects, _) = self._place(unwrap(function))
        found = {str(one.path) for one in effects.loaded(module, "top") if one.path}
        for one in effects.loaded(module):
            ignored = any(f"{one.name}.".startswith(f"{name}.") for name in ignores)
            parent = any(name.startswith(f"{one.name}.") for name in ignores)
            if one.path and (ignored or parent):
                found.add(str(one.path))
        return found

    def graphs(self, function: Callable[..., Any]) -> Callable[[str, str], str | None]:
        """A function that gives the graph of a whole module of the same project, which is named or
        whose source is; None where that is no module of the project, or of the framework."""
        links, effects, _ = self._place(unwrap(function))[2]

        def graph(name: str, file: str) -> str | None:
            if file and (not Path(file).is_file() or is_installed(Path(file))):
                return None
            module = locate(Path(file), "")[0] if file else links.project.find(name)
            if module is None or module.path is None or module.name.partition(".")[0] == FRAMEWORK:
                return None
            links.project.add(module)
            walk = Walk(links, effects, module, lambda *_: Facts())
            return walk.reached([(module.name, "")], Facts()).graph

        return graph

    def stamps(self, reached: Reached) -> dict[str, list[int]]:
        """The sources of what is reached, each with the stamp that it had when it was read."""
        read, state = self._tables.stamps, self._remembered.state
        return {str(m.path): read.get(m) or state(str(m.path)) for m in reached.modules if m.path}

    def sources(self, reached: Reached) -> list[tuple[Module, Table]]:
        """The modules of what is reached and their tables, but for those edited since."""
        found = [(m, m.path, self._tables[m]) for m in reached.modules if m.path]
        stamps = self._tables.stamps
        return [(m, table) for m, p, table in found if p.exists() and stamps[m] == stamp(p)]

    def _look(
        self, function: Callable[..., Any], ignores: Collection[str], groups: Sequence[type]
    ) -> Reached:
        inner: FunctionType = unwrap(function)
        module, has_source, (links, effects, values) = self._place(inner)
        key, own = "", is_own(str(module.path))
        if has_source and function is inner and holds_nothing(inner):
            names = [group.__qualname__ for group in groups]
            key = repr([module.name, str(module.path), *place_of(inner), *ignores, *names])
            live = Live(values, links, module, inner, (), self._loaded)
            if known := self._remembered.get(key, own, live.same):
                self._loaded.check(inner, module)
                return known
        start = [links.start(module, inner.__qualname__.partition(".")[0])] if has_source else []
        held = [one for group in groups if (one := links.methods_of(module, group))]
        values.words = frozenset()
        while True:
            live = Live(values, links, module, inner, effects.loaded(module, "top"), self._loaded)
            walk = Walk(links, effects, module, live.facts, ignores)
            found = walk.reached([*start, *held], live.root(function, inner, start))
            if (words := LIVE_WORDS & {*found.words}) <= values.words:
                break
            values.words |= words
        if key:
            modules = {**effects.loaded(module), **dict.fromkeys(found.modules)}
            self._remembered.put(key, own, modules, live.kept(), found)
        return found

    def _place(self, function: FunctionType) -> tuple[Module, bool, tuple[Links, Effects, Values]]:
        """Where a function lies, whether in a file, and the project as seen from there."""
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
            values = Values(links, self._loaded, self._counts)
            self._projects[root, top] = links, Effects(links), values
        links, *_ = found = self._projects[root, top]
        links.project.add(module)
        return module, has_source, found

    def _counts(self, function: FunctionType) -> bool:
        file = function.__code__.co_filename
        if file not in self._installed:
            self._installed[file] = is_installed(Path(file))
        own = (function.__module__ or "").partition(".")[0] in self._packages
        return own or not self._installed[file]


def unwrap(function: Any) -> Any:
    """The function behind decorators that say what they have wrapped."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function
