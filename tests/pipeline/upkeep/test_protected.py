"""Results that stay whatever the limits, and why others go."""

from __future__ import annotations

from pipeline.upkeep.gc import plan_removals


def test_what_is_protected_stays_whatever_the_limits(run_shop, collect):
    for days in (3, 4):
        outcome, _ = run_shop(days=days)
    protected = {outcome.stages[-1].key.digest}
    assert collect(given={"days": 9}, size=0, protected=protected) == ["add", "choose", "collect"]
    assert run_shop(days=4)[1] == []


def test_the_reasons_tell_what_was_asked_for_from_what_nothing_needs(run_shop, run_in_vain, store):
    run_shop(days=4)
    run_in_vain(days=3)
    for limits, reason in (
        ({"size": 0}, "the longest unused, for space"),
        ({"days": 1.0, "now": 4e9}, "unused for too many days"),
    ):
        reasons = {r.path.parent.name: r.reason for r in plan_removals(store, [], **limits)}
        assert reasons["add"] == reason
        assert reasons["collect"] == "no kept result needs it"
