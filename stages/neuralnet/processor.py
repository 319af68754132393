"""The cores there are, and BLAS on one of them.

The pieces of a step are what runs in parallel; inside one of them BLAS runs a single thread, for
no BLAS gives the same bits for different numbers of threads. The limit is process-wide, so it is
set once, before workers start, and taken back when the last one who wanted it is done.
"""

from __future__ import annotations

import os
import threading
from typing import Any

_lock = threading.Lock()
_users = 0
_limits: Any = None


def cores() -> int:
    """Number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class OneBlasThread:
    """Inside of any number of these, in any thread, BLAS runs one thread."""

    def __enter__(self) -> OneBlasThread:
        from threadpoolctl import threadpool_limits

        global _users, _limits
        with _lock:
            if not _users:
                _limits = threadpool_limits(1, user_api="blas")
            _users += 1
        return self

    def __exit__(self, *_: object) -> None:
        global _users
        with _lock:
            _users -= 1
            if not _users:
                _limits.restore_original_limits()
