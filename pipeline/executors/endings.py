"""Endings: a process that runs a stage goes on after it, where it was, and no other does.

`os._exit` ends a process at once, without a word: no lock is let go in order, no error reported. In
the process that runs a stage it raises `SystemExit`, as `sys.exit` does; processes that the stage
has forked end by it, as ever. One that it has forked and that comes to the end of the stage ends
there: two would store one result. And a stage that goes to another folder is brought back: the
next one may be given a path, and where this one is cached nobody goes there.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

end = os._exit  # for our own processes, whose parents have gone
_LOCK = threading.Lock()
_running = 0
_folder = ""


@contextmanager
def staying() -> Iterator[None]:
    """Let nothing in the block end this process by `os._exit`, or leave the folder it works in; end
    at its end each other process that gets there."""
    global _running, _own, _folder
    with _LOCK:
        _running += 1
        if _running == 1:
            _own = os.getpid()
            with suppress(OSError):  # the folder is gone
                _folder = os.getcwd()
            os._exit = _raise
    own = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != own:
            _end_child()
        with _LOCK:
            _running -= 1
            if _running == 0 and os._exit is _raise:
                os._exit = end
            with suppress(OSError):
                os.chdir(_folder)


def _end_child() -> NoReturn:
    """End a process that the stage has forked, with its error on the screen where it has one."""
    error = sys.exc_info()[1]
    code = getattr(error, "code", 1) if error is not None else 0
    if error is not None and not isinstance(error, SystemExit):
        traceback.print_exception(error)
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    end(code if isinstance(code, int) else int(code is not None))


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
