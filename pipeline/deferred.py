"""Deferred imports: a module that is named at the top and imported when it is first used.

NumPy takes longer to import than a command takes to find everything up to date, so the program
defers it. The stand-in becomes the module at the first attribute that it is asked for. Python 3.15
has this in the language (`lazy import`, PEP 810); `importlib.util.LazyLoader` does not serve, for
there an `import` statement already counts as a use.
"""

from __future__ import annotations

import importlib
import sys
import types
from importlib.machinery import PathFinder
from typing import Any


class _StandIn(types.ModuleType):
    def __getattr__(self, attribute: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
            try:
                module = importlib.import_module(self.__name__)
            except BaseException:
                sys.modules[self.__name__] = self
                raise
            vars(self).update(vars(module))
        return getattr(sys.modules[self.__name__], attribute)


def defer(name: str) -> None:
    """Let the top-level module `name` be imported when it is first used, not when it is named.

    Nothing happens where it is imported already, or cannot be found: then `import` says so.
    """
    if name not in sys.modules and (spec := PathFinder.find_spec(name)):
        module = _StandIn(name)
        module.__spec__ = spec
        sys.modules[name] = module
