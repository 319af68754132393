"""Waiting for the first of several futures, those that are cancelled in a queue among them."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

T = TypeVar("T")
POLL = 0.2  # seconds


def first_ended(futures: Collection[Future[T]]) -> set[Future[T]]:
    """Those that have ended, one at least.

    `wait` alone would wait for ever for a future that an executor cancels in its queue while it
    shuts down: nobody begins with it, and only who does so would wake the waiting.
    """
    ended: set[Future[T]] = set()
    while not ended:
        ended, _ = wait(futures, POLL, return_when=FIRST_COMPLETED)
        ended |= {future for future in futures if future.cancelled()}
    return ended
