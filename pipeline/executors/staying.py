"""Staying: a process that runs a stage ends when its program says so, not when the stage does.

`os._exit` ends a process at once, without a word: no lock is let go in order, no error reported. In
the process that runs a stage it raises `SystemExit`, as `sys.exit` does; processes that the stage
has forked end by it, as ever.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

end = os._exit  # for our own processes, whose parents have gone
_LOCK = threading.Lock()
_running = 0


@contextmanager
def staying() -> Iterator[None]:
    """Let nothing in the block end this process by `os._exit`."""
    global _running, _own
    with _LOCK:
        _running += 1
        if _running == 1:
            _own = os.getpid()
            os._exit = _raise  # type: ignore[assignment]
    try:
        yield
    finally:
        with _LOCK:
            _running -= 1
            if _running == 0 and os._exit is _raise:
                os._exit = end


def _raise(status: int) -> NoReturn:
    if os.getpid() != _own:
        end(status)
    raise SystemExit(f"os._exit({status})")


def _forked() -> None:
    """A child is a process of its own. One that a stage has forked may end as it likes."""
    global _running
    if os._exit is _raise:
        os._exit, _running = end, 0


_own = os.getpid()
os.register_at_fork(after_in_child=_forked)
