"""Plan: what is up to date, what is stale, and why."""

from __future__ import annotations

import dataclasses

from pipeline.planner import CACHED, RUNS, WAITS


def statuses(plan):
    return {d.stage.name: d.status for d in plan}


def test_before_anything_ran(planner):
    plan = planner().plan()
    assert statuses(plan) == {"collect": RUNS, "choose": WAITS, "add": WAITS}
    assert [d.reason for d in plan] == [
        "never run before",
        "depends on what collect will make",
        "depends on what choose will make",
    ]


def test_after_a_run_everything_is_up_to_date(planner, run_shop):
    run_shop()
    assert {d.reason for d in planner().plan()} == {"up to date"}


def test_only_the_targets_are_planned(planner):
    assert list(statuses(planner().plan(["choose"]))) == ["collect", "choose"]


def test_a_changed_parameter_is_named_old_against_new(planner, run_shop):
    run_shop()
    plan = planner(floor=3.0).plan()
    assert statuses(plan) == {"collect": CACHED, "choose": RUNS, "add": WAITS}
    assert plan[1].reasons == ("parameter floor: 2.0 → 3.0",)


def test_the_nearest_variant_is_compared_with(planner, run_shop):
    run_shop(days=5)
    run_shop(floor=1.0)
    run_shop(days=5, floor=0.0)
    (reason,) = planner(days=5, floor=4.0).plan()[1].reasons
    assert reason == "parameter floor: 0.0 → 4.0"


def test_a_parameter_without_effect_does_not_count(planner, run_shop):
    run_shop()
    assert statuses(planner(noise=9).plan())["collect"] == CACHED


def test_a_damaged_result_says_so(planner, run_shop, store):
    outcome, _ = run_shop()
    (store.folder(outcome.stages[0].key) / "sales.npy").unlink()
    decision = planner().plan()[0]
    assert (decision.status, decision.reason) == (RUNS, "sales.npy is missing")


def test_many_reasons_are_counted_in_the_line(planner):
    decision = planner().plan()[0]
    many = dataclasses.replace(decision, reasons=("a", "b", "c", "d"))
    assert many.reason == "a; b; 2 more, see explain collect"
