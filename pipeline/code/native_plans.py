"""Classes in the place of those of extensions, and plans of Polars; see native_reads.py."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

# Methods that carry out a plan of Polars: it may read what was named long before, or in SQL.
PLANS: tuple[str, ...] = ("collect", "collect_async", "collect_batches", "collect_schema", "show")
PLANS += ("sink_csv", "sink_parquet", "sink_ipc", "sink_ndjson", "sink_batches", "sink_delta")


def derived(original: type, telling: Callable[..., Any]) -> type:
    """A class in the place of one whose methods cannot be replaced; what is of that is of it."""

    class Meta(type(original)):  # type: ignore[misc]
        def __instancecheck__(cls, value: Any) -> bool:
            return isinstance(value, original)

    return Meta(original.__name__, (original,), {"__new__": telling, "__doc__": original.__doc__})


def scanned(plan: Any) -> Iterator[list[str]]:
    """The files of each scan in a plan of Polars."""
    text = plan.describe_plan()
    if " SCAN [" not in text or "://" in text:
        return
    nodes = plan.visit()
    waiting = [nodes.get_node()]
    while waiting:
        nodes.set_node(waiting.pop())
        if paths := getattr(nodes.view_current_node(), "paths", None):
            yield [*map(os.fsdecode, paths)]
        waiting += nodes.get_inputs()
