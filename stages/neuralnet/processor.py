"""The cores there are, and BLAS on one of them.

The pieces of a step are what runs in parallel; inside one of them BLAS runs a single thread, for
no BLAS gives the same bits for different numbers of threads. The limit is process-wide, so it is
set once, before workers start, and taken back when the last one who wanted it is done.
"""

from __future__ import annotations

import functools
import math
import os
import threading
import types
from contextlib import suppress
from pathlib import Path
from typing import Any

_lock = threading.Lock()
if hasattr(os, "register_at_fork"):  # no fork finds it held by a thread that is not there
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


@functools.cache
def _state() -> types.SimpleNamespace:
    """Who is inside of `OneBlasThread`, and what gives BLAS its threads back.

    A cache's content: what a module holds while it runs is no part of what its code does.
    """
    return types.SimpleNamespace(users=0, limits=None)


def cores() -> int:
    """Number of processor cores that this process may use, by its affinity and its quota."""
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:  # macOS, Windows
        allowed = os.cpu_count() or 1
    return max(1, min(allowed, math.ceil(quota())))


@functools.cache
def quota(groups: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> float:
    """The cores' worth of processor time that this process gets: at most all of the machine.

    It is limited by its control group and by those above it, of version 1 or 2, as a container's
    `--cpus` sets it.
    """
    found = float(os.cpu_count() or 1)
    with suppress(OSError):
        for line in groups.read_text().splitlines():
            controllers, path = line.split(":", 2)[1:]
            top = root / "cpu" if "cpu" in controllers.split(",") else root
            own = Path(path.lstrip("/"))
            for folder in (top / group for group in (own, *own.parents)):
                for files in (["cpu.max"], ["cpu.cfs_quota_us", "cpu.cfs_period_us"]):
                    with suppress(OSError, ValueError):  # no limit here, or "max"
                        text = " ".join((folder / name).read_text() for name in files)
                        limit, period = map(int, text.split())
                        found = min(found, limit / period if limit > 0 else found)
    return found


@functools.cache
def _libraries() -> Any:
    """The libraries that have threads, NumPy's BLAS among them: to look for them takes 3 ms."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


class OneBlasThread:
    """Inside of any number of these, in any thread, BLAS runs one thread."""

    def __enter__(self) -> OneBlasThread:
        state = _state()
        with _lock:
            if not state.users:
                _take_control()
                state.limits = _libraries().limit(limits=1, user_api="blas")
            state.users += 1
        return self

    def __exit__(self, *_: object) -> None:
        state = _state()
        with _lock:
            state.users -= 1
            if not state.users:
                _take_control()
                state.limits.restore_original_limits()


def _take_control() -> None:
    """From 3.8 on, threadpoolctl heeds only the thread that first set a limit, as long as it lives;
    ours is set by the first of several threads and taken back by the last."""
    from threadpoolctl import OpenBLASController

    if hasattr(OpenBLASController, "clear_controlling_thread"):
        OpenBLASController.clear_controlling_thread(force=True)
