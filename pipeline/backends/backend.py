"""Backend: what carries out the tasks of a run, or of many runs at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from pipeline.errors import CodeError
from pipeline.events.reporter import Reporter
from pipeline.execution import Task, execute
from pipeline.executors.placement import Placement
from pipeline.group_execution import Done, Group, execute_group
from pipeline.planner import Planner
from pipeline.stage import Stage

Made = Callable[[], bool]


class Backend:
    """Carries out tasks on an executor. A context manager, which ends what it has started.

    `away`: a stage goes there even where it is ready alone. `stop` ends stages of this process at
    their next report. An executor that is the caller's own stays open.
    """

    def __init__(self, executor: Executor, own: bool, away: bool) -> None:
        self.executor, self._own, self.away = executor, own, away
        self.stop = threading.Event()
        self._closed = False

    def at_once(self, placement: Placement) -> int:
        """How many runs that share this backend may be under way."""
        return placement.most

    def groups_at_once(self, placement: Placement) -> int:
        """How many groups of items may be under way."""
        return self.at_once(placement)

    def submit(self, task: Task, planner: Planner, reporter: Reporter, made: Made) -> Future[bool]:
        """Make a result, later: the future of whether it was made, as `execute` has it."""
        raise NotImplementedError

    def submit_group(self, group: Group, planner: Planner, reporter: Reporter) -> Future[Done]:
        """Make the results of some items of a mapped stage, later."""
        raise NotImplementedError

    def settle(self, future: Future[Any]) -> None:
        """Wait until the events of a task that has ended have been reported."""

    def error(self, error: BaseException | None) -> BaseException | None:
        """An error of a future, as its user can read it."""
        return error

    def close(self, failed: bool = False) -> None:
        """End, once; `failed`: whatever is under way, at once."""
        if failed:
            self.stop.set()
        if not self._closed:
            self._closed = True
            self._end(failed)

    def _end(self, failed: bool) -> None:
        if self._own:
            if failed and hasattr(self.executor, "kill"):
                self.executor.kill()
            self.executor.shutdown(cancel_futures=True)

    def __enter__(self) -> Backend:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        self.close(kind is not None)


class Local(Backend):
    """In this process."""

    def submit(self, task: Task, planner: Planner, reporter: Reporter, made: Made) -> Future[bool]:
        seen = planner.observations
        return self.executor.submit(execute, task, planner.store, reporter, made, self.stop, seen)

    def submit_group(self, group: Group, planner: Planner, reporter: Reporter) -> Future[Done]:
        seen = planner.observations
        return self.executor.submit(execute_group, group, planner.store, reporter, self.stop, seen)


def trouble_of(stage: Stage) -> CodeError | None:
    """Why other processes do not find a stage; None: they do. Looked at before it is sent: pools
    and Dask make something else of an error in pickling."""
    try:
        stage.__reduce__()
    except CodeError as error:
        return error
    return None
