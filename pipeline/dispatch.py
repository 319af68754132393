"""Dispatch: where the results that are to be made are made.

A stage that is ready alone, or that may only run alone, does so in the thread that called: so a
chain of stages behaves as if there were no executor at all. Several that are ready at once go to
the executor, as many at a time as the placement allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.outcome import Outcome
from pipeline.planner import CACHED, Decision, Planner

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pipeline.backends.backend import Backend
    from pipeline.execution import Task

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

    def __enter__(self) -> Dispatcher:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if self._backend is not None and self._own:
            self._backend.close(kind is not None)

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
            from concurrent.futures import FIRST_COMPLETED, wait

            ended, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in [future for future in self._running if future in ended]:
                decision, started = self._running.pop(future)
                error = self._backend.error(_error_of(future))
                self._finished.append((decision, started, error is None and future.result(), error))
        finished, self._finished = self._finished, []
        yield from finished

    def _here(self, decision: Decision, outcome: Outcome) -> tuple[bool, BaseException | None]:
        from pipeline.execution import execute  # here and not above: most commands run nothing

        self._reporter.stage_started(decision.stage.name, decision.reason)
        task = self._task(decision, outcome)
        made, stop = self._made(decision, outcome), self._backend and self._backend.stop
        try:
            seen = self._planner.observations
            return execute(task, self._planner.store, self._reporter, made, stop, seen), None
        except BaseException as error:
            return False, error

    def _submit(self, decision: Decision, outcome: Outcome) -> Future[bool]:
        from pipeline.backends.choice import make_backend

        if self._backend is None:
            self._backend = make_backend(self.placement)
        self._reporter.stage_started(decision.stage.name, decision.reason)
        task, made = self._task(decision, outcome), self._made(decision, outcome)
        return self._backend.submit(task, self._planner, self._reporter, made)

    def _task(self, decision: Decision, outcome: Outcome) -> Task:
        from pipeline.execution import Task

        stage = decision.stage
        sources = {name: outcome.keys[name] for name in stage.inputs}
        root = self._roots.get(stage.name, "")
        key, fields, code = decision.key, decision.fields, decision.sources
        return Task(stage, decision.parameters, sources, key, fields, root, code)

    def _made(self, decision: Decision, outcome: Outcome) -> Any:
        digests = dict(outcome.digests)
        return lambda: self._planner.decide(decision.stage, digests).status == CACHED


def _error_of(future: Future[bool]) -> BaseException | None:
    """What a future ended with; that it was cancelled is an error, too."""
    from concurrent.futures import CancelledError

    try:
        return future.exception()
    except CancelledError as error:
        return error
