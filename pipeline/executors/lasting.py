"""LastingPool: process pools, one after the other, that outlive processes which are killed.

A pool is lost with any of its processes, and with it all that was under way, whosever fault it was.
So what was under way goes into a new pool, one task at a time: one that loses that pool, too, ends
whoever runs it; the others are done, and never know.

One thread does all of it, as it is told: futures call back from threads that hold locks.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from pipeline.executors.processes import ProcessExecutor
from pipeline.executors.unguarded import error_of


@dataclass(eq=False)
class _Work:
    call: tuple[Any, ...]
    named: dict[str, Any]
    answer: Future[Any] = field(default_factory=Future)
    suspect: bool = False  # it was under way when a pool was lost, and runs alone from here on


class LastingPool(Executor):
    """An executor on the pools that `make` makes. A task whose process is killed is tried once
    more, alone; then it ends with a `BrokenExecutor`."""

    def __init__(self, make: Callable[[], ProcessExecutor]) -> None:
        self._make = make
        self._pool: ProcessExecutor | None = make()  # None: one was lost, and is made when needed
        self._told: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._queued: deque[_Work] = deque()
        self._flying: list[_Work] = []
        self._lost: list[_Work] = []  # with the pool, while the others are still to come back
        self._killed = self._ended = self._closed = False
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._listen, name="pipeline-pool", daemon=True)
        self._thread.start()

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """Call `submit` of a pool with this: later, and perhaps again."""
        work = _Work((function, *args), named)
        self._tell(lambda: self._queued.append(work))
        return work.answer

    def kill(self) -> None:
        """End the processes at once, whatever they are doing."""
        self._tell(self._kill)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End once what is under way has ended; what waits is cancelled."""
        if not self._closed:
            self._tell(self._end, last=True)
        if wait:
            self._thread.join()

    def _tell(self, what: Callable[[], None], last: bool = False) -> None:
        with self._closing:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._closed = last
            self._told.put(what)

    def _listen(self) -> None:
        while not self._ended:
            self._told.get()()
            while self._may_launch():
                self._launch(self._queued.popleft())

    def _may_launch(self) -> bool:
        if not self._queued or self._lost or self._killed or self._ended:
            return False
        alone = self._queued[0].suspect or any(work.suspect for work in self._flying)
        return not (alone and self._flying)

    def _launch(self, work: _Work) -> None:
        if not work.suspect and not work.answer.set_running_or_notify_cancel():
            return
        try:
            try:
                future = self._pool_here().submit(*work.call, **work.named)
            except BrokenExecutor:  # it was lost while nothing was under way
                self._drop()
                future = self._pool_here().submit(*work.call, **work.named)
        except Exception as error:  # too many open files, say
            work.answer.set_exception(error)
            return
        self._flying.append(work)
        future.add_done_callback(lambda ended: self._told.put(lambda: self._take(work, ended)))

    def _take(self, work: _Work, ended: Future[Any]) -> None:
        self._flying.remove(work)
        error = BrokenExecutor("cancelled") if ended.cancelled() else ended.exception()
        if error is None:
            work.answer.set_result(ended.result())
        elif isinstance(error, BrokenExecutor) and not (self._killed or self._ended):
            self._lost.append(work)
        else:
            work.answer.set_exception(error)
        if self._lost and not self._flying:
            self._find_out()

    def _find_out(self) -> None:
        """A pool was lost, and all that was under way has come back."""
        error = error_of(self._pool)
        self._drop()
        again = [work for work in self._lost if not (work.suspect or error)]
        for work in self._lost:
            if work.suspect or error:
                work.answer.set_exception(error or BrokenExecutor("its process was killed"))
            work.suspect = True
        self._queued.extendleft(reversed(again))
        self._lost = []

    def _pool_here(self) -> ProcessExecutor:
        if self._pool is None:
            self._pool = self._make()
        return self._pool

    def _drop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.kill()
            pool.shutdown()

    def _kill(self) -> None:
        self._killed = True
        if self._pool is not None:
            self._pool.kill()

    def _end(self) -> None:
        self._ended = True
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        while self._flying:
            self._told.get()()
        for work in (*self._queued, *self._lost):
            if work.answer.cancel():
                work.answer.set_running_or_notify_cancel()  # which wakes those that wait for it
            else:
                work.answer.set_exception(BrokenExecutor("its process was killed"))
