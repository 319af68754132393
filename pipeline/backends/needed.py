"""Needed: whether a plan has work for workers that are elsewhere, before any of it has begun.

As the dispatcher has it, a stage that is ready alone is made here. So others have work where a
mapped stage is to run, or two stages may be ready at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter

from pipeline.decisions import CACHED, Decision
from pipeline.errors import PipelineError
from pipeline.executors.dask_cluster import expect_cluster
from pipeline.executors.placement import Placement
from pipeline.planner import Planner


def expect_workers(planner: Planner, targets: Iterable[str], placement: Placement) -> None:
    """See that a cluster answers, where it is going to be needed. Raises as `expect_cluster`."""
    targets = tuple(targets)
    try:
        decisions = planner.plan(targets)
    except PipelineError:  # which the run itself reports, with the stage that it befalls
        return
    makers = planner.pipeline.producers
    needs = {
        stage.name: {makers[name].name for name in stage.inputs}
        for stage in planner.pipeline.upstream(targets)
    }
    if has_work_for_others(decisions, needs):
        expect_cluster(placement)


def has_work_for_others(decisions: Sequence[Decision], needs: Mapping[str, set[str]]) -> bool:
    """`decisions` are those of a plan, `needs` the stages that each stage takes something from."""
    due = {one.stage.name: one for one in decisions if one.status != CACHED}
    order = TopologicalSorter(needs)
    order.prepare()
    while order.is_active():
        ready = set(order.get_ready())
        while cached := [name for name in ready if name not in due]:
            order.done(*cached)
            ready = ready.difference(cached).union(order.get_ready())
        if len(ready) > 1 or any(_is_shared_out(due[name]) for name in ready):
            return True
        order.done(*ready)
    return False


def _is_shared_out(decision: Decision) -> bool:
    """Whether a stage has items that may go to several: it has two, or nobody knows yet."""
    if not decision.stage.over:
        return False
    return decision.items is None or len(decision.items.missing) > 1
