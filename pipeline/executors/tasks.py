"""Tasks: independent calls of one function, several at a time, on an executor.

An interrupt, and any error, ends processes at once: what a killed run had stored it will find
again. A process that is killed by others (for want of memory, mostly) is the user's to mend.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeVar

from pipeline.errors import UserError
from pipeline.executors.placement import Placement

K = TypeVar("K")


def completed(
    function: Callable[..., Any], tasks: Mapping[K, tuple[Any, ...]], placement: Placement
) -> Generator[tuple[K, Any], None, None]:
    """Call `function` with each task's arguments; (key, what it returned) as they are done.

    For processes, `function` and what it takes and returns must pickle. What it raises is raised
    here.
    """
    from concurrent.futures import as_completed
    from concurrent.futures.process import BrokenProcessPool

    if not tasks:
        return
    if placement.most == 1:
        yield from ((key, function(*given)) for key, given in tasks.items())
        return
    executor = placement.make()
    try:
        futures = {executor.submit(function, *given): key for key, given in tasks.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        raise UserError(
            "expected every task to end by itself, found that the process of one was killed, for "
            "want of memory perhaps; run the same command again with fewer --jobs"
        ) from None
    except BaseException:
        if hasattr(executor, "kill"):
            executor.kill()
        raise
    finally:
        if executor is not placement.executor:
            executor.shutdown(cancel_futures=True)
