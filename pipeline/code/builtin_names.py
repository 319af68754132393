"""The names that Python itself binds in every module. What others add to `builtins` is none."""

from __future__ import annotations

import builtins

_OF_MODULES = ("__file__", "__spec__", "__loader__", "__package__", "__path__", "__builtins__")
PYTHON = {*_OF_MODULES, "__cached__", "__debug__", "__doc__"}
_BUILTIN = ("builtins", "_sitebuiltins", "site", "io", "_io")
PYTHON |= {
    name
    for name, value in vars(builtins).items()
    if (getattr(value, "__module__", None) or "builtins") in _BUILTIN
}
