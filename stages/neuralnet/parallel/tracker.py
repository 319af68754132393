"""The process that keeps track of semaphores for `multiprocessing`, started to outlive us.

A closed terminal sends SIGHUP to the whole process group. The tracker ignores SIGINT and SIGTERM,
but not that: it would die before the process that it works for, which would start another one, and
that would complain of semaphores it has never heard of.
"""

from __future__ import annotations

import signal
from multiprocessing import resource_tracker


def start_tracker() -> None:
    """Start it, if it does not run yet, with SIGHUP blocked for good."""
    if not hasattr(signal, "SIGHUP"):
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        resource_tracker.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
