"""Deferred imports: a module that is named at the top and imported when it is first used.

NumPy takes longer to import than a command takes to find everything up to date, so the program
defers it, and what else such a command does without. The stand-in becomes the module at the first
attribute that it is asked for: `import numpy as np` is no use, `np.zeros` is, and so is `from numpy
import zeros`. Python 3.15 has this in the language (`lazy import`, PEP 810);
`importlib.util.LazyLoader` does not serve, for there an `import` statement already counts as a use.
"""

from __future__ import annotations

import importlib
import sys
import threading
import types
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

_STEPPING_ASIDE = threading.Lock()


class _StandIn(types.ModuleType):
    def __getattr__(self, attribute: str) -> Any:
        name = self.__name__
        with _STEPPING_ASIDE:  # one thread takes it away, and all wait for one import below
            if sys.modules.get(name) is self:
                del sys.modules[name]
        try:
            module = importlib.import_module(name)
        except BaseException:
            sys.modules.setdefault(name, self)
            raise
        vars(self).update(vars(module))
        return getattr(module, attribute)


class _Once:
    """Finds what has been imported already, as its own loader.

    `import a.b` asks a for its path after it has looked whether a.b is there. Where a is a stand-in
    it is imported by that question, a.b with it perhaps, which would then be executed once more:
    two classes of the same name, neither an instance of the other.
    """

    def find_spec(self, name: str, _: object, target: object = None) -> ModuleSpec | None:
        module = sys.modules.get(name)
        if module is None or target is not None:
            return None
        return ModuleSpec(name, _Once())  # type: ignore[arg-type]  # a loader by its methods

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        module = sys.modules[spec.name]
        self._own = module.__spec__  # which is now replaced
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        module.__spec__ = self._own


def is_stand_in(module: object) -> bool:
    """Whether it stands for a module that has not been imported yet."""
    return isinstance(module, _StandIn) and sys.modules.get(module.__name__) is module


def defer(*names: str) -> None:
    """Let each of these modules be imported when it is first used, not when it is named.

    A dotted name imports the packages above. Nothing happens where a module is imported already,
    or cannot be found: then `import` says so.
    """
    if not any(isinstance(finder, _Once) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Once())
    for name in names:
        package, _, last = name.rpartition(".")
        parent = importlib.import_module(package) if package else None
        if name not in sys.modules and (
            spec := PathFinder.find_spec(name, parent.__path__ if parent else None)
        ):
            module = _StandIn(name)
            module.__spec__ = spec
            sys.modules[name] = module
            if parent:
                setattr(parent, last, module)
