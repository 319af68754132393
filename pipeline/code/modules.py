"""Where the source of a module lies, found by its dotted name without importing anything.

The project is every module whose source lies outside the standard library and outside the folders
that packages are installed in. It may be spread over several folders: a top-level package is looked
for beside the function that is asked about, then where Python itself would find it. Packages that
were installed like any other (not editable) count as project where they are named as such.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

STANDARD_LIBRARY = Path(os.__file__).parent
_INSTALLED = {"site-packages", "dist-packages"}


class Module(NamedTuple):
    """A module of the project: `path` is its source (None: a namespace package has none), `folder`
    the place of its submodules (None: it is no package)."""

    name: str
    path: Path | None
    folder: Path | None


class Project:
    """The modules of the project, seen from `root`, the folder of a top-level package or script.

    `packages` are the top-level names that count as project even where they are installed.
    """

    def __init__(self, root: Path, packages: Collection[str]) -> None:
        self.root, self._packages = root, packages
        self._found: dict[str, Module | None] = {}

    def add(self, module: Module) -> None:
        """Let a module be found under its name, wherever it lies."""
        self._found[module.name] = module

    def find(self, name: str) -> Module | None:
        """The module of that name; None where the project has none."""
        if name not in self._found:
            parent, _, last = name.rpartition(".")
            if not parent:
                self._found[name] = self._find_top(name)
            elif (package := self.find(parent)) and package.folder:
                self._found[name] = _in_folder(package.folder, last, name)
            else:
                self._found[name] = None
        return self._found[name]

    def module(self, name: str) -> Module:
        """The module of that name; KeyError where the project has none."""
        module = self.find(name)
        if module is None:
            raise KeyError(name)
        return module

    def owns(self, name: str, path: Path) -> bool:
        """Whether a module that lies there counts as project."""
        return name.partition(".")[0] in self._packages or not is_installed(path)

    def _find_top(self, name: str) -> Module | None:
        if name == "__main__":  # the program that was started, whichever it is
            return None
        beside = None
        if name in self._packages or not is_installed(self.root):
            beside = _in_folder(self.root, name, name)
            if beside and beside.path:
                return beside
        if not name or name in sys.stdlib_module_names:
            return None
        for module in _search(name):
            place = module.path or module.folder
            if name in self._packages or (place and not is_installed(place)):
                return module
            if module.path:  # installed, and so hides a mere folder of that name
                return None
        return beside


def is_installed(path: Path) -> bool:
    """Whether a file or folder belongs to the standard library or to an installed package."""
    return not _INSTALLED.isdisjoint(path.parts) or path.is_relative_to(STANDARD_LIBRARY)


def locate(file: Path, name: str) -> tuple[Module, Path]:
    """The module that a source file is, and the folder where its top-level package lies.

    `name` is what the module calls itself. It counts where it fits the file's place; otherwise (a
    script, which calls itself `__main__`) the place gives the name.
    """
    is_package = file.name == "__init__.py"
    place = file.parent if is_package else file.with_suffix("")
    parts = name.split(".")
    if list(place.parts[-len(parts) :]) != parts:
        parts = [place.name]
        while (place.parents[len(parts) - 1] / "__init__.py").is_file():
            parts.insert(0, place.parents[len(parts) - 1].name)
    root = place.parents[len(parts) - 1]
    return Module(".".join(parts), file, file.parent if is_package else None), root


def _in_folder(folder: Path, last: str, name: str) -> Module | None:
    inner = folder / last
    if (path := inner / "__init__.py").is_file():
        return Module(name, path, inner)
    if (path := folder / f"{last}.py").is_file():
        return Module(name, path, None)
    return Module(name, None, inner) if inner.is_dir() else None


def _search(name: str) -> Iterator[Module]:
    """What Python's own finders say, editable installs included; they import nothing."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    for finder in sys.meta_path:
        if spec is None and hasattr(finder, "find_spec"):
            spec = finder.find_spec(name, None)
    folders = [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]
    if spec and spec.has_location and spec.origin:
        yield Module(name, Path(spec.origin), folders[0] if folders else None)
    else:
        yield from (Module(name, None, folder) for folder in folders)
