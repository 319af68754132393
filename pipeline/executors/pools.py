"""Executors of `concurrent.futures` by name: serial, thread, process.

    with make_executor("thread", jobs) as executor:
        future = executor.submit(function, *arguments)

Whoever computes a task, its BLAS has one thread (blas.py), so the result is the same to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class SerialExecutor(Executor):
    """Runs each task where it is submitted, at once. Its exception goes into the future."""

    def __init__(self, jobs: int = 1) -> None:
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


def thread_pool(jobs: int) -> Executor:
    """Threads: for work that leaves the interpreter, as NumPy's does."""
    from concurrent.futures import ThreadPoolExecutor  # here: most commands run nothing

    return ThreadPoolExecutor(jobs, "pipeline")


def process_pool(jobs: int) -> Executor:
    """Processes that leave nothing behind: for Python code. Tasks and results are pickled."""
    from pipeline.executors.processes import ProcessExecutor  # multiprocessing takes its time

    return ProcessExecutor(jobs)


POOLS: dict[str, Callable[[int], Executor]] = {
    "serial": SerialExecutor,
    "thread": thread_pool,
    "process": process_pool,
}


def make_executor(name: str, jobs: int) -> Executor:
    """The executor of a name (see `Placement`), for so many tasks at a time; a context manager."""
    return POOLS[name](jobs)


def shares_memory(executor: Executor) -> bool:
    """Whether its tasks run in this process, so that nothing needs to be sent to them."""
    from concurrent.futures import ThreadPoolExecutor

    return isinstance(executor, SerialExecutor | ThreadPoolExecutor)
