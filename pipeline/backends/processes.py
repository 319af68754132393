"""Processes: tasks go to processes of this machine, or of others that have the store's folder."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from pipeline.backends.backend import Backend, Made, trouble_of
from pipeline.errors import ExecutorError, WorkersDied
from pipeline.events.relay import Channels, Relay
from pipeline.events.reporter import Reporter
from pipeline.execution import Task, execute_elsewhere
from pipeline.executors.lasting import LastingPool
from pipeline.executors.processes import ProcessExecutor
from pipeline.executors.unguarded import error_of
from pipeline.group_execution import Done, Group, execute_group_elsewhere
from pipeline.planner import Planner


class Processes(Backend):
    """On an executor of the caller's, whose workers have no way to report events."""

    lost: type[ExecutorError] = ExecutorError  # nobody knows whose fault it was, and all are lost
    found = "killed, for want of memory perhaps; run the same command again with fewer --jobs"

    def submit(self, task: Task, planner: Planner, reporter: Reporter, made: Made) -> Future[bool]:
        return self._submit(task, execute_elsewhere, task, planner, reporter)

    def submit_group(self, group: Group, planner: Planner, reporter: Reporter) -> Future[Done]:
        return self._submit(group.task, execute_group_elsewhere, group, planner, reporter)

    def error(self, error: BaseException | None) -> BaseException | None:
        """A process that was killed (for want of memory, mostly) is the user's to mend."""
        if not isinstance(error, BrokenExecutor):
            return error
        if unguarded := error_of(self.executor):
            return unguarded
        return self.lost(
            f"expected the process that runs a stage to end by itself, found it {self.found}"
        )

    def _submit(
        self,
        task: Task,
        function: Callable[..., Any],
        work: Task | Group,
        planner: Planner,
        reporter: Reporter,
    ) -> Future[Any]:
        if error := trouble_of(task.stage):
            return _failed(error)
        try:
            return self._start(function, work, planner.store.root.absolute(), reporter)
        except BrokenExecutor as broken:  # before: it takes nothing any more
            return _failed(broken)

    def _start(
        self, function: Callable[..., Any], work: Any, root: Path, reporter: Reporter
    ) -> Future[Any]:
        return self.executor.submit(function, work, root)


class OwnProcesses(Processes):
    """On pools of our own, whose processes report what goes on in a task."""

    lost = WorkersDied
    found = (
        "killed, and again when nothing else ran: for want of memory perhaps, or by its own code; "
        "see to it, and run the same command again, which goes on from what is stored"
    )

    def __init__(self, jobs: int, away: bool) -> None:
        executor: Executor = LastingPool(lambda: _ReportingPool(jobs))
        super().__init__(executor, True, away)
        self._channels: WeakKeyDictionary[Future[Any], _Channel] = WeakKeyDictionary()

    def settle(self, future: Future[Any]) -> None:
        channel = self._channels.pop(future, None)
        if channel and not future.cancelled() and future.exception() is None:
            channel.settle()

    def _start(
        self, function: Callable[..., Any], work: Any, root: Path, reporter: Reporter
    ) -> Future[Any]:
        channel = _Channel(reporter)
        future = self.executor.submit(function, work, root, channel)
        self._channels[future] = channel
        return future


class _Channel:
    """The way of a task's events, in the pool where it was started last."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._channels: Channels | None = None
        self._number = -1

    def open(self, channels: Channels) -> int:
        self._channels, self._number = channels, channels.open(self._reporter)
        return self._number

    def settle(self) -> None:
        if self._channels is not None:
            self._channels.settle(self._number)


class _ReportingPool(ProcessExecutor):
    """A pool and the relay of its own: who is killed may hold the lock of the relay."""

    def __init__(self, jobs: int) -> None:
        self._relay = Relay()
        super().__init__(jobs, *self._relay.connection)

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """As a pool; the last argument is the channel, which goes by its number."""
        *work, channel = args
        return super().submit(function, *work, channel.open(self._relay.channels), **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As a pool, and then no more events come."""
        super().shutdown(wait, cancel_futures=cancel_futures)
        self._relay.close()


def _failed(error: Exception) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future
