"""BLAS on one thread, for as long as anybody in this process needs it.

The order in which BLAS adds depends on the number of its threads, and a result must not depend on
how many cores a machine has or what else runs beside a stage. The limit belongs to the whole
process (OpenBLAS shares one pool), so it is set when the first one asks, and taken back when the
last one is done.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_users = 0
_limit: Any = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Inside of any number of these, in any thread, BLAS runs one thread."""
    global _users, _limit
    with _lock:
        if not _users:
            _limit = limit_blas()
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _take_control()
                _limit.restore_original_limits()


def limit_blas() -> Any:
    """Give BLAS one thread, in this process; `restore_original_limits()` of the result undoes it.

    Call it while no other thread uses BLAS.
    """
    import numpy  # noqa: F401  # only a library that is loaded can be limited
    from threadpoolctl import threadpool_limits

    _take_control()
    return threadpool_limits(1, user_api="blas")


def _take_control() -> None:
    """From 3.8 on, threadpoolctl heeds only the thread that first set a limit, as long as it lives;
    ours is set by the first of several threads and taken back by the last."""
    from threadpoolctl import OpenBLASController

    if hasattr(OpenBLASController, "clear_controlling_thread"):
        OpenBLASController.clear_controlling_thread(force=True)
