"""The program's main module, which `multiprocessing` has new processes import.

Helpers have no use for it, and importing it would run a script that is written without
`if __name__ == "__main__"`, and fail for one that comes from standard input. So it is left out,
unless what helpers are sent is defined there: an optimizer of the user's own.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def needs_main(sent: Any) -> bool:
    """Whether a process must import the main module to make sense of what it is sent.

    ValueError where it must, and cannot without running the program once more.
    """
    if b"__main__" not in pickle.dumps(sent):
        return False
    path = getattr(sys.modules["__main__"], "__file__", None)
    try:
        guarded = "__name__" in Path(path or "").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        guarded = False
    if not guarded:
        raise ValueError(
            "executor: processes need what the program's main module defines, and importing it "
            'would run the program again; put its calls under if __name__ == "__main__", or the '
            "definitions into a module of their own"
        )
    return True


@contextmanager
def main_left_out() -> Iterator[None]:
    """Processes that are started meanwhile do not import the main module."""
    names = vars(sys.modules["__main__"])
    kept: dict[str, Any] = {name: names[name] for name in ("__file__", "__spec__") if name in names}
    names.update(__file__=None, __spec__=None)
    try:
        yield
    finally:
        del names["__file__"], names["__spec__"]
        names.update(kept)
