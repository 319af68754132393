"""Modules that are imported, or looked for, by a computed name; see wraps.py.

Each method is called with the answer (None where the function raised) and the arguments.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from opcode import opmap
from typing import Any

from pipeline.code.recorder import Recorder

_IMPORT_NAME = opmap["IMPORT_NAME"]


class ImportRecords:
    """Tells the recorders of an event which modules are asked for."""

    def __init__(self, recorders: Callable[[], list[Recorder]]) -> None:
        self._recorders = recorders

    def imported(self, _: Any, name: str, package: Any = None, level: int = 0) -> None:
        if level and package:
            name = ".".join([*package.split(".")[: 1 - level or None], *filter(None, [name])])
        for recorder in self._recorders():
            recorder.note("modules", name)

    def called(self, module: Any, name: str, *rest: Any, **given: Any) -> None:
        """A call by hand; a statement, which is no news, calls this as well."""
        caller = sys._getframe(2)
        if len(rest) == 4 and rest[0] is rest[1] and not rest[2]:  # by C code: pickle, say
            return
        if len(rest) == 4 and caller.f_code.co_code[caller.f_lasti] == _IMPORT_NAME:
            return
        words = dict(zip(("globals", "locals", "fromlist", "level"), rest, strict=False)) | given
        package, level = (words.get("globals") or {}).get("__package__"), words.get("level", 0)
        self.imported(module, name, package, level)
        for one in words.get("fromlist") or ():
            if f"{getattr(module, '__name__', '')}.{one}" in sys.modules:
                self.imported(module, f"{module.__name__}.{one}")

    def looked_for(self, _: Any, name: str, *rest: Any) -> None:
        self.imported(None, name)
