"""Signals: SIGTERM and SIGHUP end a command as Ctrl-C does.

A batch system, a container or a closed terminal asks a program to end with them. What was computed
is kept, workers end, and the caller reads what to do next. Where one of them is ignored already
(nohup), it stays so.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def ending_as_interrupted() -> Iterator[None]:
    """In the main thread, let the signals raise `KeyboardInterrupt` while the block runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = {}
    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
