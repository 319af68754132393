"""Which workers there are for what the caller of a trainer asks for, and the executors they run on.

An executor is one of the names below, an executor of the caller's, or a pool factory: a function
from a number of processes to an executor that has them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

from ..processor import cores
from ..scalars import whole
from .auto import Auto
from .sockets import short_names
from .tracker import start_tracker
from .worker import prepare_process
from .workers import Serial, Workers


def thread_pool(count: int) -> Executor:
    """Threads, which share all memory, and the interpreter lock."""
    return ThreadPoolExecutor(count, "neuralnet")


def process_pool(count: int) -> Executor:
    """Processes that inherit no locks: forked by a server without threads, or started anew."""
    short_names()
    start_tracker()
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    return ProcessPoolExecutor(count, context, initializer=prepare_process)


def make_workers(
    executor: str | Executor | Callable[[int], Executor], count: int | None
) -> Serial | Workers:
    """The workers that are asked for; ValueError for what is not known. count: None: the cores."""
    count = cores() if count is None else whole("workers", count, least=1)
    if isinstance(executor, Executor):
        if count == 1 or not isinstance(executor, ProcessPoolExecutor | ThreadPoolExecutor):
            return Serial()
        return Workers(count, executor, shared=isinstance(executor, ProcessPoolExecutor))
    if callable(executor):
        return Serial() if count == 1 else Auto(count, executor)
    if executor not in EXECUTORS:
        known = ", ".join(EXECUTORS)
        raise ValueError(
            f"executor: expected {known}, an executor or a function that makes one, "
            f"found {executor!r}"
        )
    return Serial() if count == 1 else EXECUTORS[executor](count)


EXECUTORS: dict[str, Callable[[int], Serial | Workers]] = {
    "auto": lambda count: Auto(count, process_pool),
    "serial": lambda count: Serial(),
    "thread": lambda count: Workers(count, thread_pool, shared=False),
    "process": lambda count: Workers(count, process_pool, shared=True),
}
