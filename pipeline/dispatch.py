"""Dispatch: where the results that are to be made are made.

A stage that is ready alone, or that may only run alone, does so in the thread that called: so a
chain of stages behaves as if there were no executor at all. Several that are ready at once go to
the executor, as many at a time as the placement allows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.errors import UserError
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.outcome import Outcome
from pipeline.planner import CACHED, Decision, Planner

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from pipeline.execution import Task
    from pipeline.group_execution import Done as GroupDone
    from pipeline.group_execution import Group

Due = list[tuple[Decision, float]]
Done = tuple[Decision, float, bool, BaseException | None]


class Dispatcher:
    """Starts tasks and collects them. A context manager, which ends what it has started."""

    def __init__(
        self,
        planner: Planner,
        reporter: Reporter,
        placement: Placement,
        roots: Mapping[str, str],
    ) -> None:
        self.placement, self._roots = placement, roots
        self._planner, self._reporter = planner, reporter
        self._executor: Executor | None = None
        self._running: dict[Future[bool], tuple[Decision, float]] = {}
        self._finished: list[Done] = []
        self._stop = threading.Event()
        self._relay: Any = None
        self._making = threading.Lock()
        self._waiting: Executor | None = None  # a thread for each mapped stage beside others

    def __enter__(self) -> Dispatcher:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is not None:
            self._stop.set()
        if self._executor is not None and self._executor is not self.placement.executor:
            if kind is not None and hasattr(self._executor, "kill"):
                self._executor.kill()
            self._executor.shutdown(cancel_futures=True)
        if self._waiting is not None:
            self._waiting.shutdown()
        if self._relay is not None:
            self._relay.close()

    def start(self, due: Due, outcome: Outcome) -> Due:
        """Start as many of the decisions that are due as may run now; the others come back."""
        if not due:
            return due
        most = self.placement.most
        if most == 1 or (len(due) == 1 and not self._running):
            for decision, started in due[:1]:
                self._finished.append((decision, started, *self._here(decision, outcome)))
            return due[1:]
        while due and len(self._running) < most:
            (decision, started), *due = due
            future = self._submit(decision, outcome)
            self._running[future] = decision, started
        return due

    def done(self) -> Iterator[Done]:
        """What has ended, after a wait for the next one where something runs."""
        if self._running and not self._finished:
            from concurrent.futures import FIRST_COMPLETED, wait

            ended, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in [future for future in self._running if future in ended]:
                decision, started = self._running.pop(future)
                error = _readable(future.exception())
                self._finished.append((decision, started, error is None and future.result(), error))
        finished, self._finished = self._finished, []
        yield from finished

    def _here(self, decision: Decision, outcome: Outcome) -> tuple[bool, BaseException | None]:
        from pipeline.execution import execute  # here and not above: most commands run nothing

        self._report_start(decision)
        task = self._task(decision, outcome)
        made = self._made(decision, outcome)
        try:
            if decision.items is not None:
                few = self.placement.most == 1 or len(decision.items.missing) < 2
                return self._map(decision, task, made, 1 if few else self.placement.most), None
            seen = self._planner.observations
            return execute(task, self._planner.store, self._reporter, made, observations=seen), None
        except BaseException as error:
            return False, _readable(error)

    def _map(self, decision: Decision, task: Task, made: Any, most: int, stop: Any = None) -> bool:
        """Run a mapped stage: its groups go to the executor, or, one at a time, are made here."""
        from pipeline.executors.pools import SerialExecutor
        from pipeline.mapped_run import run_mapped

        assert decision.items is not None  # only such a stage comes here
        here = SerialExecutor() if most == 1 and stop is None else None
        return run_mapped(
            task,
            decision.items.mapped,
            self._planner.store,
            self._reporter,
            made,
            self._planner.observations,
            lambda group: self._submit_group(group, here),
            lambda: max(1, most // max(1, len(self._running))),
            self.placement.keep_going,
            stop,
        )

    def _submit_group(self, group: Group, here: Executor | None) -> Future[GroupDone]:
        from pipeline.executors.pools import shares_memory
        from pipeline.group_execution import execute_group, execute_group_elsewhere

        store, executor = self._planner.store, here or self._executor_here()
        if shares_memory(executor):
            seen = self._planner.observations
            return executor.submit(execute_group, group, store, self._reporter, self._stop, seen)
        return executor.submit(execute_group_elsewhere, group, store.root.absolute())

    def _submit(self, decision: Decision, outcome: Outcome) -> Future[bool]:
        from concurrent.futures import ThreadPoolExecutor

        from pipeline.execution import execute, execute_elsewhere
        from pipeline.executors.pools import shares_memory

        executor = self._executor_here()
        self._report_start(decision)
        task, store = self._task(decision, outcome), self._planner.store
        made = self._made(decision, outcome)
        if decision.items is not None:  # it waits in a thread of its own for its groups
            if self._waiting is None:
                self._waiting = ThreadPoolExecutor(self.placement.most, "pipeline-map")
            most = self.placement.most
            return self._waiting.submit(self._map, decision, task, made, most, self._stop)
        if shares_memory(executor):
            seen = self._planner.observations
            return executor.submit(execute, task, store, self._reporter, made, self._stop, seen)
        return executor.submit(execute_elsewhere, task, store.root.absolute())

    def _executor_here(self) -> Executor:
        with self._making:
            if self._executor is None:
                self._executor, self._relay = self._make_executor()
            return self._executor

    def _make_executor(self) -> tuple[Executor, Any]:
        if self.placement.executor != "process":
            return self.placement.make(), None
        from pipeline.events.relay import Relay
        from pipeline.executors.processes import ProcessExecutor

        relay = Relay(self._reporter)
        return ProcessExecutor(self.placement.most, *relay.connection), relay

    def _report_start(self, decision: Decision) -> None:
        name, key = decision.stage.name, decision.key
        self._reporter.stage_started(name, decision.reason, key.digest if key else "")

    def _task(self, decision: Decision, outcome: Outcome) -> Task:
        from pipeline.execution import Task

        stage = decision.stage
        sources = {name: outcome.keys[name] for name in stage.inputs}
        root = self._roots.get(stage.name, "")
        key, fields, code = decision.key, decision.fields, decision.sources
        assert key is not None  # nothing waits that is to be made
        assert fields is not None
        return Task(stage, decision.parameters, sources, key, fields, root, code)

    def _made(self, decision: Decision, outcome: Outcome) -> Any:
        digests = dict(outcome.digests)
        return lambda: self._planner.decide(decision.stage, digests).status == CACHED


def _readable(error: BaseException | None) -> BaseException | None:
    """A process that was killed (for want of memory, mostly) is the user's to mend."""
    from concurrent.futures.process import BrokenProcessPool

    if not isinstance(error, BrokenProcessPool):
        return error
    return UserError(
        "expected the process that runs a stage to end by itself, found that it was killed, for "
        "want of memory perhaps; run the same command again with fewer --jobs"
    )
