"""Iterating over a stream: where one is, and a thread that works ahead.

The position of an iterator is that of the next item to be consumed. What has been prefetched and
not yet consumed does not count, so whoever stores the position and starts again from it loses
nothing and repeats nothing.

An iterator ends once: at its last epoch, by `close`, or with the first error, which it raises as it
came. After that it has no more items and no thread.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

END = object()


@dataclass(frozen=True, order=True)
class Position:
    """A place in a stream: the step within an epoch, both counted from 0."""

    epoch: int = 0
    step: int = 0

    def __post_init__(self) -> None:
        if self.epoch < 0 or self.step < 0:
            raise ValueError(f"expected an epoch and a step of at least 0, found {self}")


START = Position()


class Items(Protocol):
    """What is iterated over: a stream."""

    def __len__(self) -> int:
        """The number of items of an epoch."""

    def item(self, epoch: int, step: int) -> Any:
        """The item of that step."""


class StreamIterator(Iterator[Any]):
    """Items in order. A context manager; `position` is that of the next one to be consumed."""

    def __init__(self, items: Generator[tuple[Any, Position]], position: Position) -> None:
        self._items, self.position = items, position

    def __next__(self) -> Any:
        item, self.position = next(self._items)
        return item

    def close(self) -> None:
        """End here: no more items, no thread. To close twice is no mistake."""
        self._items.close()

    def __enter__(self) -> StreamIterator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def iterate(stream: Items, start: Position, epochs: int | None, ahead: int = 0) -> StreamIterator:
    """The items of `stream` from `start` until epoch number `epochs` begins (None: without end).

    A thread works up to `ahead` items ahead; 0: there is none. Raises `ValueError` for a step that
    no epoch has, and for a stream without items that is to go on without end.
    """
    length = len(stream)
    if start.step > length:
        raise ValueError(f"expected a step of at most {length}, found {start}")
    if length == 0 and epochs is None:
        raise ValueError("a stream without items never comes to one: expected a number of epochs")
    if start.step == length > 0:
        start = Position(start.epoch + 1)
    items = _in_order(stream, length, start, epochs)
    return StreamIterator(work_ahead(items, ahead) if ahead else items, start)


# Generators: after an error they have ended, and a StopIteration inside one is an error.


def _in_order(
    stream: Items, length: int, start: Position, epochs: int | None
) -> Generator[tuple[Any, Position]]:
    epoch, first = start.epoch, start.step
    while epochs is None or epoch < epochs:
        for step in range(first, length):
            after = Position(epoch, step + 1) if step + 1 < length else Position(epoch + 1)
            yield stream.item(epoch, step), after
        epoch, first = epoch + 1, 0


def work_ahead(items: Iterator[Any], most: int) -> Generator[Any]:
    """The same items, made by a thread that holds at most `most` of them, the next one included."""
    made: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
    room, stop = threading.Semaphore(most), threading.Event()
    thread = threading.Thread(target=_produce, args=(items, made, room, stop), daemon=True)
    thread.start()
    error = None
    try:
        while True:
            item, error = made.get()
            if error is not None:
                raise error
            if item is END:
                return
            room.release()
            yield item
    finally:
        error = None  # it refers to this frame, which would refer to it
        stop.set()
        room.release()
        if thread is not threading.current_thread():  # the garbage collector may run in any
            thread.join()


def _produce(
    items: Iterator[Any],
    made: queue.SimpleQueue[tuple[Any, BaseException | None]],
    room: threading.Semaphore,
    stop: threading.Event,
) -> None:
    item = None
    try:
        while item is not END and room.acquire() and not stop.is_set():
            item = next(items, END)
            made.put((item, None))
            item = item if item is END else None  # what is handed over is held no longer
    except BaseException as error:
        made.put((END, error))
