"""Whether the code that is loaded is the code in its file.

A file may change after it was imported: in a long-lived process, in a notebook, while an earlier
stage runs. And Python takes a `.pyc` for up to date whose size and whole second of modification
fit. So where a file has changed since the process began, or since its `.pyc` was written, each
function of it that counts is compared with what the file compiles to now.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType, FunctionType

from pipeline.code.bytecode import code_text
from pipeline.code.modules import Module
from pipeline.errors import CodeError

_IMPORTED_NS = time.time_ns()  # no later than anything that we are asked about
_TICK_NS = 20_000_000


class Loaded:
    """Compares loaded functions with their files, as these are when they are first asked about."""

    def __init__(self) -> None:
        self._in_file: dict[Path, dict[str, set[str]] | None] = {}

    def check(self, function: FunctionType, module: Module) -> None:
        """Raise `CodeError` where the source of a function has changed since it was loaded."""
        path = module.path
        if path is None:
            return
        if path not in self._in_file:
            self._in_file[path] = _functions_in(path) if _is_suspect(path) else None
        found = self._in_file[path]
        if found is None:
            return
        code = function.__code__
        loader = getattr(sys.modules.get(function.__module__), "__loader__", None)
        if Path(code.co_filename).absolute() != path or not _compiles_as_it_is(loader):
            return
        if code_text(code) not in found.get(code.co_qualname, ()):
            if _changed_ns(path) <= _process_start_ns() - _TICK_NS:
                raise CodeError(
                    f"{module.name}.{code.co_qualname} was loaded from a .pyc that fits {path} by "
                    f"size and time alone; delete {cache_from_source(path)}"
                )
            raise CodeError(
                f"{module.name}.{code.co_qualname} was loaded before {path} changed; "
                "start the program or the kernel again, or reload the module"
            )


def _compiles_as_it_is(loader: object) -> bool:
    """Whether a module was compiled from its source as it stands; pytest rewrites assertions."""
    return loader is None or type(loader) is SourceFileLoader


def _is_suspect(path: Path) -> bool:
    """Whether a source may be another than the one that was loaded from it."""
    changed = _changed_ns(path)
    if changed > _process_start_ns() - _TICK_NS:
        return True
    try:
        return os.stat(cache_from_source(path)).st_mtime_ns <= changed
    except (OSError, NotImplementedError):  # it was compiled from the source itself
        return False


def _changed_ns(path: Path) -> int:
    status = path.stat()
    return max(status.st_mtime_ns, status.st_ctime_ns)


def _functions_in(path: Path) -> dict[str, set[str]] | None:
    try:
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, set[str]] = {}
    for inner in _all_in(code):
        found.setdefault(inner.co_qualname, set()).add(code_text(inner))
    return found


def _all_in(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _all_in(constant)


@cache
def _process_start_ns() -> int:
    """When this process began, by the clock that files are stamped with."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        age = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        age -= int(fields[19]) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
        return time.time_ns() - age
    except (OSError, AttributeError, ValueError, IndexError):
        return _IMPORTED_NS - 60_000_000_000  # to compare more than is needed does no harm
