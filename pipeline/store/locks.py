"""The lock of a whole store: shared by all that use it, exclusive for the one that clears it out.

Every command that uses stored results holds the lock, shared, until it ends; `gc` holds it
exclusively. The kernel releases the lock of a dead process. Where the system has no such lock
(Windows, some network file systems) nothing is locked: then do not run `gc` beside others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.store.durable import make_folder


@contextmanager
def store_lock(root: Path, *, exclusive: bool, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of the store at `root`; `waiting` is called once where it must be waited for.

    A store without a lock file that cannot be written has never been used, and needs none.
    """
    descriptor = None
    try:
        with suppress(ImportError, OSError):
            import fcntl

            make_folder(root)
            try:
                descriptor = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            except OSError:  # somebody else's store, to be read only: but they may clear it out
                descriptor = os.open(root / ".lock", os.O_RDONLY | os.O_CLOEXEC)
            mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
            try:
                fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(descriptor, mode)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)
