"""Modules whose import is deferred, imported where their live values are asked for."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Collection
from contextlib import suppress

from pipeline.deferred import is_stand_in


def load_if_deferred(name: str) -> None:
    """Import a module that waits to be imported, or that lies below such a package.

    Packages come first, or the module would be imported twice. An error is not reported here: the
    stage says so when it runs, if it needs the module.
    """
    parts = name.split(".")
    names = [".".join(parts[: n + 1]) for n in range(len(parts))]
    if any(is_stand_in(sys.modules.get(one)) for one in names):
        with suppress(Exception):
            for one in names:
                if is_stand_in(sys.modules.get(one)):
                    sys.modules[one].__path__  # noqa: B018 - the first use imports it
                importlib.import_module(one)


def load_reached(files: Collection[str]) -> None:
    """Import the deferred modules and packages that some of these sources are, or lie in.

    To be called before a stage runs that reaches them: what importing them reads is no more the
    stage's than where they were imported at once. Where its code had to be looked at, they have
    been imported for that; where it was remembered, they have not.
    """
    for name, module in [*sys.modules.items()]:
        if is_stand_in(module) and (spec := module.__spec__) is not None and spec.origin:
            folder = os.path.dirname(spec.origin) + os.sep
            is_package = spec.submodule_search_locations is not None
            if any(one == spec.origin or (is_package and one.startswith(folder)) for one in files):
                load_if_deferred(name)
