"""The names that Python itself binds in every module. What others add to `builtins` is none."""

from __future__ import annotations

import builtins

PLACES = {"__file__", "__path__", "__cached__", "__spec__", "__loader__"}  # of a module
PYTHON = {*PLACES, "__package__", "__builtins__", "__debug__", "__doc__"}
_BUILTIN = ("builtins", "_sitebuiltins", "site", "io", "_io")
PYTHON |= {
    name
    for name, value in vars(builtins).items()
    if (getattr(value, "__module__", None) or "builtins") in _BUILTIN
}
