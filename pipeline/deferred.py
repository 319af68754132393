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
from importlib.machinery import PathFinder
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


def is_stand_in(module: object) -> bool:
    """Whether it stands for a module that has not been imported yet."""
    return isinstance(module, _StandIn) and sys.modules.get(module.__name__) is module


def defer(*names: str) -> None:
    """Let each of these modules be imported when it is first used, not when it is named.

    A dotted name imports the packages above. Nothing happens where a module is imported already,
    or cannot be found: then `import` says so.
    """
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
