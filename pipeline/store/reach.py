"""Reach: what goes wrong with a remote, whatever kind it is of, is one error of the user's."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pipeline.errors import UserError
from pipeline.own_reads import unwatched

T = TypeVar("T")
PATIENCE = 10.0  # seconds for the first answer of whatever is to be reached


class RemoteError(UserError):
    """The remote cannot be reached, or refuses."""


@contextmanager
def reaching(address: str, writing: bool = False) -> Iterator[None]:
    """What goes wrong with a remote inside of the block is a `RemoteError`, but for a missing file
    where one is read.

    Each file system of fsspec has errors of its own, so all of them count.
    """
    try:
        with unwatched():
            yield
    except Exception as error:
        if isinstance(error, FileNotFoundError) and not writing:
            raise
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise RemoteError(
            f"remote {address}: expected it in reach, found: {words}; see to the connection and "
            "the rights, and run the same command again: whole objects are not sent twice"
        ) from error


def within(seconds: float, call: Callable[..., T], *given: Any) -> T:
    """What a call gives back, or raises. `TimeoutError` where it has not ended within `seconds`.

    It goes on, in a thread that nobody waits for: who asks for the name of a host, or waits for
    somebody who is silent, cannot be stopped.
    """
    ended: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            with unwatched():
                ended.put((call(*given), None))
        except BaseException as error:
            ended.put((None, error))

    threading.Thread(target=work, name="within", daemon=True).start()
    try:
        value: T
        value, error = ended.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None
    if error is not None:
        raise error
    return value
