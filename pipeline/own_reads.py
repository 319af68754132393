"""What the framework does for itself: no stage is taken to have read what is read meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

THREADS: set[int] = set()  # those that do


@contextmanager
def unwatched() -> Iterator[None]:
    """What this thread reads inside of the block is of no stage, whichever runs beside it."""
    thread = threading.get_ident()
    outermost = thread not in THREADS
    THREADS.add(thread)
    try:
        yield
    finally:
        if outermost:
            THREADS.discard(thread)
