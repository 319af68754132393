"""Runner: it carries out the plan, and nothing else."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pytest

from pipeline.context import QUIET, Context
from pipeline.errors import MissingArtifact, OutputError, StorageError
from pipeline.events.reporter import Reporter
from pipeline.graph import Pipeline
from pipeline.runner import run
from pipeline.stage import Option, stage
from pipeline.store.store import Store
from tests.pipeline.store.results import flip

Fail = Annotated[bool, Option("stop half-way", affects_result=False)]


def test_a_run_makes_what_the_stages_say(run_shop):
    outcome, ran = run_shop()
    assert ran == ["collect", "choose", "add"]
    assert outcome["sales"].shape == (21,)
    assert outcome["total"] == {"total": 82.0, "floor_is_positive": True}
    assert [(s.name, s.status) for s in outcome.stages] == [(n, "ran") for n in ran]


def test_the_second_run_calls_nothing(run_shop):
    run_shop()
    outcome, ran = run_shop()
    assert ran == []
    assert {s.status for s in outcome.stages} == {"cached"}


def test_variants_are_kept(run_shop):
    run_shop()
    assert run_shop(floor=3.0)[1] == ["choose", "add"]
    assert run_shop()[1] == []


def test_the_wave_stops_where_the_bytes_are_as_before(run_shop):
    run_shop(floor=1.5)
    assert run_shop(floor=1.9)[1] == ["choose"], "the same sales are kept, so add is not run"


def test_only_what_the_target_needs_runs(run_shop):
    outcome, ran = run_shop("collect")
    assert ran == ["collect"]
    assert "sales" in outcome
    with pytest.raises(MissingArtifact, match="'total' is not part of this run"):
        outcome["total"]


def test_a_damaged_result_is_made_again(run_shop, store):
    outcome, _ = run_shop()
    (store.folder(outcome.stages[0].key) / "sales.npy").write_bytes(b"")
    assert run_shop()[1] == ["collect"]


def test_events_reach_the_reporter(run_shop):
    class Log(Reporter):
        def __init__(self):
            super().__init__()
            self.events = []

        def stage_started(self, name, reason, fingerprint):
            self.events.append(("started", name))

        def stage_finished(self, name, status, seconds, reason, fingerprint):
            self.events.append((status, name))

    log = Log()
    run_shop("choose", reporter=log)
    run_shop("choose", reporter=log)
    assert log.events == [
        ("started", "collect"),
        ("ran", "collect"),
        ("started", "choose"),
        ("ran", "choose"),
        ("cached", "collect"),
        ("cached", "choose"),
    ]


def test_a_stage_resumes_from_its_state_and_forgets_it(planner, store):
    seen = []

    @stage(outputs=("end",))
    def count(
        *,
        fail: Annotated[bool, Option("stop", affects_result=False)] = False,
        context: Context = QUIET,
    ):
        """Count to three, a state at each step."""
        state = context.load_state()
        start = state[1]["step"] if state else 0
        seen.append(start)
        for step in range(start, 3):
            context.save_state({"numbers": np.arange(step + 1)}, {"step": step + 1})
            if fail and step == 1:
                raise KeyboardInterrupt
        context.info("done")
        context.warn("careful")
        return {"steps": 3}

    pipeline = Pipeline(count)
    with pytest.raises(KeyboardInterrupt):
        run(planner(pipeline, fail=True), (), Reporter())
    outcome = run(planner(pipeline), (), Reporter())
    assert seen == [0, 2]
    assert outcome["end"] == {"steps": 3}
    assert store.states.load(outcome.stages[0].key) is None


def test_a_saved_state_that_is_damaged_is_reported(planner, store):
    class Warnings(Reporter):
        def warn(self, message):
            reported.append(message)

    @stage(outputs=("end",))
    def look(*, context: Context = QUIET):
        """Look for a state."""
        return {"state": context.load_state()}

    reported, plan = [], planner(Pipeline(look))
    (decision,) = plan.plan()
    store.states.save(decision.key, {"numbers": np.arange(3)}, {"step": 1})
    flip(store.root / ".state" / str(decision.key) / "1" / "numbers.npy", 130)
    assert run(plan, (), Warnings())["end"] == {"state": None}
    assert reported == ["the saved state of look is damaged: it begins anew"]


def test_a_disk_that_is_too_small_is_reported_before_the_work(planner, store):
    worked = []

    @stage(outputs=("rows",))
    def much(*, context: Context = QUIET):
        """More than any disk holds."""
        context.check_free_space(10**18)
        worked.append(1)
        yield np.zeros(1)

    with pytest.raises(
        StorageError, match=r"expected space for .* MB, found: .* MB free; free some"
    ):
        run(planner(Pipeline(much)), (), Reporter())
    assert not worked
    assert not list(store.root.glob("much/*"))


def test_outputs_must_be_those_that_the_stage_names(planner):
    @stage(outputs=("one", "two"))
    def forget():
        """Forget an output."""
        return {"one": 1}

    @stage(outputs=("one", "two"))
    def invent():
        """Make one that is not named."""
        return {"one": 1, "../two": 2}

    for wrong, found in (forget, "one"), (invent, r"'\.\./two'"):
        with pytest.raises(OutputError, match=f"expected the outputs one, two, found {found}$"):
            run(planner(Pipeline(wrong)), (), Reporter())


def test_a_generator_yields_blocks_and_returns_the_rest(planner):
    @stage(outputs=("rows", "squares", "count"))
    def blocks():
        """Two arrays, block by block, and a number."""
        for start in (0, 2):
            rows = np.arange(start, start + 2)
            yield {"rows": rows, "squares": rows**2}
        return {"count": 4}

    outcome = run(planner(Pipeline(blocks)), (), Reporter())
    assert outcome["rows"].tolist() == [0, 1, 2, 3]
    assert outcome["squares"].tolist() == [0, 1, 4, 9]
    assert outcome["count"] == 4


def test_a_result_made_meanwhile_by_another_process_is_used(planner, store, monkeypatch, run_shop):
    original = Store.lock

    def lock_late(self, key, waiting):
        monkeypatch.setattr(Store, "lock", original)
        run(planner(), ("collect",), Reporter())
        return original(self, key, waiting)

    monkeypatch.setattr(Store, "lock", lock_late)
    outcome = run(planner(), ("collect",), Reporter())
    assert outcome.stages[0].status == "cached"
    assert outcome.stages[0].reason == "another run has just made it"
