"""Dispatch: where the results that are to be made are made.

A stage that is ready alone, or that may only run alone, does so in the thread that called: so a
chain of stages behaves as if there were no executor at all. Several that are ready at once go to
the executor, as many at a time as the placement allows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.outcome import Outcome
from pipeline.planner import CACHED, Decision, Planner

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from pipeline.backends.backend import Backend
    from pipeline.execution import Task
    from pipeline.group_execution import Done as GroupDone
    from pipeline.group_execution import Group
    from pipeline.mapping import Mapped

Due = list[tuple[Decision, float]]
Done = tuple[Decision, float, bool, BaseException | None]


class Dispatcher:
    """Starts tasks and collects them. A context manager, which ends what it has started.

    `backend` is one that many runs share; None: the run has its own, once it needs one.
    """

    def __init__(
        self,
        planner: Planner,
        reporter: Reporter,
        placement: Placement,
        roots: Mapping[str, str],
        backend: Backend | None = None,
    ) -> None:
        self.placement, self._roots = placement, roots
        self._planner, self._reporter = planner, reporter
        self._backend, self._own = backend, backend is None
        self._running: dict[Future[bool], tuple[Decision, float]] = {}
        self._finished: list[Done] = []
        self._making = threading.Lock()
        self._waiting: Executor | None = None  # a thread for each mapped stage beside others

    def __enter__(self) -> Dispatcher:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if self._backend is not None and self._own:
            self._backend.close(kind is not None)
        if self._waiting is not None:
            self._waiting.shutdown()

    def start(self, due: Due, outcome: Outcome) -> Due:
        """Start as many of the decisions that are due as may run now; the others come back."""
        if not due:
            return due
        most, away = self.placement.most, self._backend is not None and self._backend.away
        if not away and (most == 1 or (len(due) == 1 and not self._running)):
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
            from pipeline.executors.waiting import first_ended

            ended = first_ended(self._running)
            backend = self._backend_here()
            for future in [future for future in self._running if future in ended]:
                decision, started = self._running.pop(future)
                error = self._explained(_error_of(backend, future))
                self._finished.append((decision, started, error is None and future.result(), error))
        finished, self._finished = self._finished, []
        yield from finished

    def _here(self, decision: Decision, outcome: Outcome) -> tuple[bool, BaseException | None]:
        from pipeline.execution import execute  # here and not above: most commands run nothing

        self._report_start(decision)
        task = self._task(decision, outcome)
        made, stop = self._made(decision, outcome), self._stop()
        try:
            if items := decision.items:
                few = self.placement.most == 1 or len(items.missing) < 2
                here = few and self.placement.executor != "process"  # where one may die
                return self._map(items.mapped, task, made, here), None
            seen = self._planner.observations
            return execute(task, self._planner.store, self._reporter, made, stop, seen), None
        except BaseException as error:
            return False, self._explained(error)

    def _explained(self, error: BaseException | None) -> BaseException | None:
        return self._backend.error(error) if self._backend else error

    def _stop(self) -> threading.Event | None:
        return self._backend.stop if self._backend else None

    def _map(self, items: Mapped, task: Task, made: Any, alone: bool, stop: Any = None) -> bool:
        """Run a mapped stage: its groups go to the executor, or, one at a time, are made here."""
        from pipeline.executors.pools import SerialExecutor
        from pipeline.mapped_run import run_mapped

        here = SerialExecutor() if alone else None

        def at_once() -> int:
            beside = max(1, len(self._running))
            if here is not None:
                return 1
            # On a cluster there may be more workers, or fewer, than anybody here knows of.
            return max(1, self._backend_here().groups_at_once(self.placement) // beside)

        return run_mapped(
            task,
            items,
            self._planner.store,
            self._reporter,
            made,
            self._planner.observations,
            lambda group: self._submit_group(group, here),
            at_once,
            self.placement.keep_going,
            stop,
            self._explained,
        )

    def _submit_group(self, group: Group, here: Executor | None) -> Future[GroupDone]:
        from pipeline.group_execution import execute_group

        if here is None:
            return self._backend_here().submit_group(group, self._planner, self._reporter)
        stop, seen = self._stop(), self._planner.observations
        return here.submit(execute_group, group, self._planner.store, self._reporter, stop, seen)

    def _submit(self, decision: Decision, outcome: Outcome) -> Future[bool]:
        backend = self._backend_here()
        self._report_start(decision)
        task, made = self._task(decision, outcome), self._made(decision, outcome)
        if not (items := decision.items):
            return backend.submit(task, self._planner, self._reporter, made)
        from concurrent.futures import ThreadPoolExecutor

        if self._waiting is None:  # it waits in a thread of its own for its groups
            self._waiting = ThreadPoolExecutor(self.placement.most, "pipeline-map")
        return self._waiting.submit(self._map, items.mapped, task, made, False, backend.stop)

    def _backend_here(self) -> Backend:
        from pipeline.backends.choice import make_backend

        with self._making:
            if self._backend is None:
                self._backend = make_backend(self.placement)
            return self._backend

    def _report_start(self, decision: Decision) -> None:
        name, key = decision.stage.name, decision.key
        self._reporter.stage_started(name, decision.reason, key.digest if key else "")

    def _task(self, decision: Decision, outcome: Outcome) -> Task:
        from pipeline.execution import Task

        stage = decision.stage
        sources = {name: outcome.keys[name] for name in stage.inputs}
        root = self._roots.get(stage.name, "")
        key, fields = decision.key, decision.fields
        code, opaque = decision.sources, decision.opaque
        assert key is not None  # what waits is not started
        assert fields is not None
        return Task(stage, decision.parameters, sources, key, fields, root, code, opaque)

    def _made(self, decision: Decision, outcome: Outcome) -> Any:
        digests = dict(outcome.digests)
        return lambda: self._planner.decide(decision.stage, digests).status == CACHED


def _error_of(backend: Backend, future: Future[bool]) -> BaseException | None:
    """What a future ended with; that it was cancelled is an error, too, and so is one of whoever
    was told what went on in it."""
    try:
        backend.settle(future)
        return future.exception()
    except Exception as error:
        return error
