"""What the tests of upkeep share: collections, and runs whose purpose was lost."""

from __future__ import annotations

import shutil

import pytest

from pipeline.upkeep.gc import plan_removals, remove


@pytest.fixture
def collect(store, planner):
    """Carry out a collection under some flags; give back what went, as stage names."""

    def go(dry_run=False, **limits):
        given = limits.pop("given", {})
        current = [d.key for d in planner(**given).plan() if d.key]
        removals = plan_removals(store, current, **limits)
        if not dry_run:
            remove(store, removals)
        return sorted(r.path.parent.name for r in removals if "." not in str(r.path.parent.name))

    return go


@pytest.fixture
def run_in_vain(run_shop, store):
    """Run the shop, and lose what it was for."""

    def go(**given):
        outcome, _ = run_shop(**given)
        shutil.rmtree(store.folder(outcome.stages[-1].key))

    return go
