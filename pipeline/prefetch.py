"""Prefetch: a thread that works ahead of an iterator, and holds a bounded number of its items.

The iterator ends once: when there are no more items, by `close`, or with the first error, which it
raises as it came. After that it has no more items and no thread. Where no thread may be started,
nothing is made ahead.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from typing import Any

END = object()


def prefetched(items: Iterator[Any], most: int) -> Generator[Any]:
    """The same items, made by a thread that holds at most `most` of them, the next one included."""
    made: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
    free, stop = threading.Semaphore(most), threading.Event()
    thread = threading.Thread(target=_produce, args=(items, made, free, stop), daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no more threads may be started: then without one
        yield from items
        return
    error = None
    try:
        while True:
            item, error = made.get()
            if error is not None:
                raise error
            if item is END:
                return
            free.release()
            yield item
    finally:
        error = None  # it refers to this frame, which would refer to it
        stop.set()
        free.release()
        if thread is not threading.current_thread():  # the garbage collector may run in any
            thread.join()


def _produce(
    items: Iterator[Any],
    made: queue.SimpleQueue[tuple[Any, BaseException | None]],
    free: threading.Semaphore,
    stop: threading.Event,
) -> None:
    item = None
    try:
        while item is not END and free.acquire() and not stop.is_set():
            item = next(items, END)
            made.put((item, None))
            item = item if item is END else None  # what is handed over is held no longer
    except BaseException as error:
        made.put((END, error))
