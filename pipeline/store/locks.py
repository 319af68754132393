"""The gate of a store: many may use it at once, or one may clear it out.

Every command that uses stored results passes the gate shared and holds it until it ends; `gc`
passes it alone. The kernel lets go of the hold of a dead process. Where the system has no such
lock (Windows, some network file systems) the gate stands open: then do not run `gc` beside others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.store.durable import make_folder


@contextmanager
def gate(root: Path, *, alone: bool, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the gate of the store at `root`; `waiting` is called once where it must be waited for.

    A store without a gate that cannot be written has never been used, and needs none.
    """
    descriptor = None
    try:
        with suppress(ImportError, OSError):
            import fcntl

            make_folder(root)
            try:
                descriptor = os.open(root / ".gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            except OSError:  # somebody else's store, to be read only: but they may clear it out
                descriptor = os.open(root / ".gate", os.O_RDONLY | os.O_CLOEXEC)
            mode = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            try:
                fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(descriptor, mode)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
