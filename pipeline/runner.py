"""The runner: carries out a plan.

For each stage, once everything it needs is there:

    decide     with the digests of what the stages before it made
    cached     use what is stored, read nothing
    runs       make it (execution.py): under the lock of its key, unless another process just has

Since a stage is decided on the content of its inputs, the wave of re-runs stops at the first stage
that makes the same bytes as before. Stages that do not depend on each other run side by side; one
that is ready alone runs in the thread that called (dispatch.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from pipeline.dispatch import Dispatcher
from pipeline.errors import Interrupted, PipelineError
from pipeline.events.reporter import Reporter
from pipeline.executors.placement import Placement
from pipeline.executors.unguarded import leave_if_unguarded
from pipeline.outcome import FAILED, RAN, SKIPPED, Outcome, StageResult
from pipeline.planner import CACHED, Decision, Planner
from pipeline.stage import Stage

if TYPE_CHECKING:
    from pipeline.backends.backend import Backend

JUST_MADE = "another run has just made it"


def run(
    planner: Planner,
    targets: Iterable[str],
    reporter: Reporter,
    placement: Placement = Placement(),
    purpose: str = "target",
    backend: Backend | None = None,
) -> Outcome:
    """Bring `targets` (names of stages; none: all) up to date, with everything they need.

    The first error ends the run, or, with `placement.keep_going`, only what depends on the stage
    that failed. It is raised in the end; `error.stage` is that stage, `error.outcome` the rest.
    `purpose` is why the targets' results are to be kept though nothing needs them (manifest.py).
    `backend` is where stages run, where many runs share one.
    """
    leave_if_unguarded()
    targets = tuple(targets)
    roots = {stage.name: "final" for stage in planner.pipeline.final()}
    roots |= dict.fromkeys(targets, purpose)
    if backend is None and placement.executor == "dask":
        from pipeline.backends.needed import expect_workers  # here: most commands have no cluster

        expect_workers(planner, targets, placement)
    with Dispatcher(planner, reporter, placement, roots, backend) as dispatcher:
        return _Run(planner, planner.pipeline.upstream(targets), reporter, dispatcher).carry_out()


class _Run:
    """A run under way: stages become ready, start, and finish."""

    def __init__(
        self, planner: Planner, stages: list[Stage], reporter: Reporter, dispatcher: Dispatcher
    ) -> None:
        self._planner, self._reporter, self._dispatcher = planner, reporter, dispatcher
        self._stages = {stage.name: stage for stage in stages}
        makers = planner.pipeline.producers
        self._needs = {stage.name: {makers[name].name for name in stage.inputs} for stage in stages}
        self._places = {stage.name: place for place, stage in enumerate(stages)}
        self._order = TopologicalSorter(self._needs)
        self._outcome, self._lost = Outcome(planner.store), set[str]()
        self._error: Exception | None = None

    def carry_out(self) -> Outcome:
        """Run all stages; the outcome lists them in the order of the flow."""
        try:
            self._run()
        finally:
            self._outcome.stages.sort(key=lambda result: self._places[result.name])
        if self._error is not None:
            vars(self._error)["outcome"] = self._outcome
            raise self._error
        return self._outcome

    def _look(self) -> None:
        """Look at the files and the like that parameters name: one that is not there is reported
        before the first stage starts, not after a download. (With keep_going, by its stage.)"""
        for stage in self._stages.values():
            try:
                self._planner.parameters_of(stage)
            except Exception as error:
                self._fail(stage.name, time.perf_counter(), error)

    def _run(self) -> None:
        self._order.prepare()
        if not self._dispatcher.placement.keep_going:
            self._look()
        due: list[tuple[Decision, float]] = []
        while self._order.is_active():
            for name in sorted(self._order.get_ready(), key=self._places.__getitem__):
                started = time.perf_counter()
                decision = self._decide(self._stages[name])
                if decision is None:
                    continue
                if decision.status == CACHED:
                    self._finish(decision, CACHED, started)
                else:
                    due.append((decision, started))
            due = self._dispatcher.start(due, self._outcome)
            for decision, started, made, error in self._dispatcher.done():
                if error is not None:
                    self._fail(decision.stage.name, started, error)
                else:
                    self._finish(decision, RAN if made else CACHED, started, not made)

    def _decide(self, stage: Stage) -> Decision | None:
        """What is to be done about a stage; None where nothing can be, which is reported."""
        started = time.perf_counter()
        lost = sorted(self._needs[stage.name] & self._lost, key=self._places.__getitem__)
        if lost:
            self._lose(stage.name, SKIPPED, 0.0, f"{lost[0]} has {self._status(lost[0])}")
            return None
        try:
            known = self._outcome.digests, self._outcome.keys
            decision = self._planner.decide(stage, *known)
            key = decision.key if decision.status == CACHED else None
            if key is not None and not self._planner.store.bring(key):
                return self._planner.decide(stage, *known)
            return decision
        except Exception as error:
            self._fail(stage.name, started, error)
            return None

    def _status(self, name: str) -> str:
        found = next(result for result in self._outcome.stages if result.name == name)
        return "failed" if found.status == FAILED else "been skipped"

    def _finish(
        self, decision: Decision, status: str, started: float, just_made: bool = False
    ) -> None:
        store, name, key = self._planner.store, decision.stage.name, decision.key
        # First of all: what it has changed counts as what it was, whatever may fail from here on.
        side_effects = self._planner.side_effects(decision.stage) if status == RAN else []
        assert key is not None  # nothing waits that is finished
        manifest = decision.manifest or store.manifest(key)
        store.touch(key)
        if status == RAN:
            store.share(key)
        seconds = time.perf_counter() - started
        reason = JUST_MADE if just_made else decision.reason
        self._outcome.add(StageResult(name, status, seconds, reason, key), manifest)
        self._reporter.stage_finished(name, status, seconds, reason, key.digest)
        if status == RAN:
            self._planner.remember(decision.stage)
        for words in side_effects:
            self._reporter.warn(words)
        for words in manifest.get("observed", {}).get("unseen", ()):
            self._reporter.warn(f"{name} depends on {words}, which is not seen when it changes")
        self._order.done(name)

    def _fail(self, name: str, started: float, error: BaseException) -> None:
        """Take in an error: it ends the run, or what depends on the stage."""
        if name in self._stages:  # what it has changed counts as what it was before
            self._planner.side_effects(self._stages[name])
        if not hasattr(error, "stage"):
            vars(error)["stage"] = name
            if not isinstance(error, PipelineError):  # whose one line says all
                error.add_note(f"in stage {name}")
        if isinstance(error, Interrupted) or not isinstance(error, Exception):
            raise error
        if not self._dispatcher.placement.keep_going:
            vars(error)["outcome"] = self._outcome
            raise error
        self._error = self._error or error
        words = getattr(error, "summary", "") or str(error) or type(error).__name__
        self._lose(name, FAILED, time.perf_counter() - started, words)

    def _lose(self, name: str, status: str, seconds: float, reason: str) -> None:
        self._lost.add(name)
        self._outcome.add(StageResult(name, status, seconds, reason))
        self._reporter.stage_finished(name, status, seconds, reason)
        self._order.done(name)
