"""Tasks: independent calls of one function, several at a time, each in a process of its own pool.

An interrupt, and any error, ends the processes at once: what a killed run had stored it will find
again. A process that is killed by others (for want of memory, mostly) is the user's to mend.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pipeline.errors import UserError
from pipeline.executors.processes import ProcessExecutor

K = TypeVar("K")


def completed(
    function: Callable[..., Any], tasks: Mapping[K, tuple[Any, ...]], at_once: int
) -> Iterator[tuple[K, Any]]:
    """Call `function` with each task's arguments; (key, what it returned) as they are done.

    `function` and what it takes and returns must pickle. What it raises is raised here.
    """
    if not tasks:
        return
    before = set(multiprocessing.active_children())
    executor = ProcessExecutor(at_once)
    try:
        futures = {executor.submit(function, *given): key for key, given in tasks.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        raise UserError(
            "search: expected every training to end by itself, found that one was killed, for want "
            "of memory perhaps; run the same command again with a lower --at-once"
        ) from None
    except BaseException:
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)
