"""A pool of helpers on an executor: the caller's, or one that is made when it is needed.

The caller's is left as it is. One that was made is shut down with the pool; where its processes
cannot be had (there are limits on processes and threads, or no semaphores; a daemonic process may
have no children), nothing of it stays behind.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import nullcontext
from typing import Any

from .main_module import main_left_out
from .worker import arrive


class Pool:
    """`count` helpers. source: an executor, or a function that makes one for such a number."""

    def __init__(self, source: Executor | Callable[[int], Executor], count: int) -> None:
        self._source, self._count, self._owner = source, count, os.getpid()
        self._made = not isinstance(source, Executor)
        self._starting: list[Future[None]] = []
        self.executor: Executor | None = None
        self.imports_main = False  # whether new processes import the program's main module

    def start(self) -> None:
        """Start the helpers, without waiting for them."""
        if self.executor is not None:
            return
        if isinstance(self._source, Executor):
            self.executor = self._source
        else:
            _check_threads(2 * self._count + 4)
            self.executor = self._source(self._count)
        self._starting = [self.submit(arrive) for _ in range(self._count)]

    def started(self) -> bool:
        """Whether the helpers have started; raises if they could not."""
        if not all(future.done() for future in self._starting):
            return False
        starting, self._starting = self._starting, []
        for future in starting:
            future.result()
        return True

    def submit(self, call: Callable[..., None], *arguments: Any) -> Future[None]:
        """Have a helper call; it may take a new process for that."""
        assert self.executor is not None, "not started"
        left_out = self._made and not self.imports_main
        with main_left_out() if left_out else nullcontext():
            return self.executor.submit(call, *arguments)

    def drop(self) -> None:
        """Give up an executor that is of no use any more; the next start makes another one."""
        executor, self._starting = self.executor, []
        if self._made and executor is not None:
            self.executor = None
            # Those of a pool that has not come to life would wait for work for ever.
            for process in (getattr(executor, "_processes", None) or {}).copy().values():
                process.kill()
            executor.shutdown(wait=False, cancel_futures=True)

    def close(self, wait: bool = True) -> None:
        """End what was made; in a fork, whose threads are gone, only forget it."""
        executor, self.executor = self.executor, None
        if self._made and executor is not None and os.getpid() == self._owner:
            executor.shutdown(wait=wait, cancel_futures=True)


def _check_threads(count: int) -> None:
    """RuntimeError unless so many threads can be started now.

    A pool of processes takes that many processes and threads, which limits count together; and one
    that gets only some of them does not fail, but hangs.
    """
    end = threading.Event()
    threads = [threading.Thread(target=end.wait, daemon=True) for _ in range(count)]
    try:
        for thread in threads:
            thread.start()
    finally:
        end.set()
    for thread in threads:
        thread.join()
