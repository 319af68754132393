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

    def __enter__(self) -> Dispatcher:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is not None:
            self._stop.set()
        if self._executor is not None and self._executor is not self.placement.executor:
            if kind is not None and hasattr(self._executor, "kill"):
                self._executor.kill()
            self._executor.shutdown(cancel_futures=True)
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
            seen = self._planner.observations
            return execute(task, self._planner.store, self._reporter, made, observations=seen), None
        except BaseException as error:
            return False, error

    def _submit(self, decision: Decision, outcome: Outcome) -> Future[bool]:
        from pipeline.execution import execute, execute_elsewhere
        from pipeline.executors.pools import shares_memory

        if self._executor is None:
            self._executor, self._relay = self._make_executor()
        self._report_start(decision)
        task, store = self._task(decision, outcome), self._planner.store
        if shares_memory(self._executor):
            made = self._made(decision, outcome)
            seen = self._planner.observations
            return self._executor.submit(
                execute, task, store, self._reporter, made, self._stop, seen
            )
        return self._executor.submit(execute_elsewhere, task, store.root.absolute())

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
