"""Modules whose import is deferred, imported where their live values are asked for."""

from __future__ import annotations

import importlib
import sys
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
