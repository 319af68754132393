"""A pool of helpers on an executor: the caller's, or one that is made when it is needed.

The caller's is left as it is. One that was made is shut down with the pool; where its processes
cannot be had (there are limits on processes and threads, or no semaphores; a daemonic process may
have no children), nothing of it stays behind.

Processes are started in a thread, which Ctrl-C does not reach: one that is half started is in
nobody's list, so nobody ends it, and it finds on its own, with a traceback, that all has gone.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import nullcontext
from typing import Any, TypeVar

from .main_module import main_left_out
from .worker import arrive

T = TypeVar("T")
PAUSE = 0.001  # seconds


class Pool:
    """`count` helpers. source: an executor, or a function that makes one for such a number."""

    def __init__(self, source: Executor | Callable[[int], Executor], count: int) -> None:
        self._source, self._count, self._owner = source, count, os.getpid()
        self._made = not isinstance(source, Executor)
        self._starting: list[Future[None]] = []
        self._undisturbed = threading.Thread()  # what starts something at the moment
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
            self._in_a_thread(self._make)
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
        processes = _processes(self.executor) if self._made else None
        if processes is not None and len(processes) < self._count:
            return self._in_a_thread(self._submit, call, *arguments)
        return self.executor.submit(call, *arguments)

    def drop(self) -> None:
        """Give up an executor that is of no use any more; the next start makes another one."""
        executor, self._starting = self.executor, []
        if self._made and executor is not None:
            self.executor = None
            # Those of a pool that has not come to life would wait for work for ever.
            for process in (_processes(executor) or {}).values():
                process.kill()
            executor.shutdown(wait=False, cancel_futures=True)

    def close(self, wait: bool = True) -> None:
        """End what was made; in a fork, whose threads are gone, only forget it."""
        forked = os.getpid() != self._owner
        while self._undisturbed.is_alive() and not forked:  # no `join`: one that was interrupted
            time.sleep(PAUSE)  # takes the thread for one that has ended
        executor, self.executor = self.executor, None
        if self._made and executor is not None and not forked:
            executor.shutdown(wait=wait, cancel_futures=True)

    def _make(self) -> None:
        assert not isinstance(self._source, Executor)
        self.executor = self._source(self._count)

    def _submit(self, call: Callable[..., None], *arguments: Any) -> Future[None]:
        assert self.executor is not None
        with nullcontext() if self.imports_main else main_left_out():
            return self.executor.submit(call, *arguments)

    def _in_a_thread(self, call: Callable[..., T], *arguments: Any) -> T:
        answer = Future[T]()
        self._undisturbed = threading.Thread(target=_answer, args=(answer, call, arguments))
        self._undisturbed.start()
        try:
            return answer.result()
        finally:
            del answer  # see below


def _answer(answer: Future[T] | None, call: Callable[..., T], arguments: tuple[Any, ...]) -> None:
    assert answer is not None
    try:
        answer.set_result(call(*arguments))
    except BaseException as error:
        answer.set_exception(error)
        answer = None  # or else the error keeps itself, and with its frames all that was made


def _processes(executor: Executor) -> dict[int, Any] | None:
    """Those that an executor has started; None: it is none that starts processes."""
    if not isinstance(executor, ProcessPoolExecutor):
        return None
    return dict(executor._processes or {})


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
