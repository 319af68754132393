"""Executors of `concurrent.futures` by name: serial, thread, process.

    with make_executor("thread", workers) as executor:
        results = executor.map(function, items)

What a task computes must not depend on who computes it, so BLAS has one thread while an executor
lives, in its workers and in the process that made it: the order in which BLAS adds depends on the
number of its threads. That limit belongs to the whole process (OpenBLAS shares one pool), hence it
is set once, before the first worker starts, and taken back after the last one has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from pipeline.errors import ConfigError
from pipeline.executors.cores import check_workers, default_workers

__all__ = ["EXECUTORS", "check_workers", "default_workers", "limit_blas", "make_executor"]


class OneBlasThread(Executor):
    """Limits BLAS to one thread until a `shutdown` that waits for the last task."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._limit = limit_blas()
        try:
            super().__init__(*args, **options)
        except BaseException:
            self._limit.restore_original_limits()
            raise

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait, cancel_futures=cancel_futures)
        if wait and self._limit is not None:
            self._limit.restore_original_limits()
            self._limit = None


class SerialExecutor(OneBlasThread):
    """Runs each task where it is submitted, at once. Its exception goes into the future."""

    def __init__(self, workers: int = 1) -> None:
        super().__init__()
        self._closed = False

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """Call `function` now; an interrupt is the caller's, and goes through."""
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(function(*args, **named))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks. Nothing is ever left to wait for."""
        self._closed = True
        super().shutdown(wait, cancel_futures=cancel_futures)


class ThreadExecutor(OneBlasThread, ThreadPoolExecutor):
    """A pool of threads: for work that leaves the interpreter, as NumPy's does."""


def _process(workers: int) -> Executor:
    from pipeline.executors.processes import (
        ProcessExecutor,  # imported here: multiprocessing takes its time
    )

    return ProcessExecutor(workers)


EXECUTORS: dict[str, Callable[[int], Executor]] = {
    "serial": SerialExecutor,
    "thread": ThreadExecutor,
    "process": _process,
}


def make_executor(name: str, workers: int) -> Executor:
    """The executor of a name, with that many workers; a context manager."""
    if name not in EXECUTORS:
        raise ConfigError(f"expected an executor of {', '.join(EXECUTORS)}, found {name!r}")
    return EXECUTORS[name](workers)


def limit_blas() -> Any:
    """Give BLAS one thread, in this process; `restore_original_limits()` of the result undoes it.

    Call it while no other thread uses BLAS.
    """
    import numpy  # noqa: F401  # only a library that is loaded can be limited
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")
