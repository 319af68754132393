"""Trials: many runs of one pipeline, with different parameters, several at a time.

    with closing(completed(planners, ["train"], placement, reporter_of)) as results:
        for key, outcome, error in results: ...

Each run is planned and committed here, in a thread of its own, and what it makes is made on a
backend that all share: in this process, in others, on other machines. Stages that several runs need
are made once: the lock of a key lets the second one wait, and reuse. So all executors give the same
results, and a run finds what any other command has stored.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from pipeline.backends.backend import Backend
from pipeline.backends.choice import make_backend
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.outcome import Outcome
from pipeline.planner import Planner
from pipeline.runner import run

K = TypeVar("K")
Ended = tuple[K, Outcome | None, Exception | None]


def completed(
    tasks: Mapping[K, Planner],
    targets: Iterable[str],
    placement: Placement,
    reporter_of: Callable[[K], Reporter],
    purpose: str = "target",
) -> Generator[Ended[K], None, None]:
    """Run each task's pipeline up to `targets`; (key, outcome, error) as they end, one of which is
    None. The runs under way end at once where the iterator is closed."""
    if not tasks:
        return
    with make_backend(placement, shared=True) as backend:
        at_once = min(len(tasks), backend.at_once(placement))

        def carry_out(key: K) -> Ended[K]:
            own = replace(placement, keep_going=False)
            try:
                given = tasks[key], targets, reporter_of(key), own, purpose, backend
                return key, run(*given), None
            except Exception as error:
                return key, None, error

        if at_once == 1 and not backend.away:
            yield from map(carry_out, tasks)
        else:
            yield from _in_threads(carry_out, tasks, at_once, backend)


def _in_threads(
    carry_out: Callable[[K], Any], keys: Iterable[K], count: int, backend: Backend
) -> Iterator[Any]:
    from concurrent.futures import ThreadPoolExecutor, as_completed

    # What a thread reads that begins while a stage is watched would count as read by the stage.
    ready = threading.Barrier(count)

    def begin() -> None:
        with suppress(threading.BrokenBarrierError):
            ready.wait()

    with ThreadPoolExecutor(count, "trial", initializer=begin) as pool:
        try:
            futures = [pool.submit(carry_out, key) for key in keys]
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            backend.close(failed=True)
            ready.abort()  # where not all have come: a limit on threads, or Ctrl-C just then
            pool.shutdown(wait=False, cancel_futures=True)
            raise
