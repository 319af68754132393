"""The commands that look after the store: `verify` and `gc`."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import click

from pipeline.cli import display
from pipeline.cli.session import Session
from pipeline.cli.table import align
from pipeline.errors import ConfigError
from pipeline.store.locks import store_lock

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}

GC_FLAGS = [
    click.Option(
        ["--unused-days"],
        type=float,
        metavar="N",
        help="keep no final result that was not used for N days  [default: keep all]",
    ),
    click.Option(
        ["--max-size"],
        metavar="SIZE",
        help="keep at most so many bytes, such as 2GB; the longest unused go first",
    ),
    click.Option(
        ["--searches"],
        is_flag=True,
        help="drop the parameters that searches trained and nothing else needs; keep the records",
    ),
]


def verify_all(session: Session) -> tuple[dict[str, Any], str]:
    """Read every stored byte again: what was found, as a document and as text.

    What is damaged is made again by the next run that needs it, even where its size and time are
    those of a whole one.
    """
    from pipeline.upkeep.verify import (
        MadeDifferently,
        verify_cache,
        verify_groups,
        verify_results,
        verify_states,
    )

    store = session.store
    others = MadeDifferently()
    results, states = dict(verify_results(store, others)), dict(verify_states(store))
    cache, groups = dict(verify_cache(store)), dict(verify_groups(store))
    for path, reason in {**results, **groups}.items():
        if reason:
            store.invalidate(path)
    found = {**results, **groups, **states, **cache}
    damaged = {str(path): reason for path, reason in found.items() if reason}
    document = {"results": len(results), "states": len(states), "damaged": damaged}
    document["made_differently"] = dict(others)
    if groups:
        document["groups"] = len(groups)
    shown = display.verification(results, states, cache, groups)
    return document, "\n".join([*others.lines(), shown])


def collect(
    session: Session,
    unused_days: float | None,
    max_size: str | None,
    searches: bool,
    dry_run: bool,
    protected: Collection[str] = (),
) -> tuple[dict[str, Any], str]:
    """Delete what no kept result needs; with `dry_run`, only say what that is.

    protected: fingerprints of results that stay in any case.
    """
    from pipeline.upkeep.gc import plan_removals, remove

    if unused_days is not None and not unused_days >= 0:  # nor no number, which no age is below
        found = f"{unused_days:g}"
        raise ConfigError(f"--unused-days: expected a number of days of at least 0, found {found}")
    size = None if max_size is None else parse_size(max_size)
    store = session.store

    def wait() -> None:
        session.reporter.info("gc waits until the commands that use the store have ended")

    note = session.reporter.warn
    with store_lock(store.root, exclusive=True, waiting=wait, note=note):
        plan = session.plan()
        current = [decision.key for decision in plan if decision.key]
        groups = [folder for one in plan if one.items for folder in one.items.stored]
        removals = plan_removals(
            store,
            current,
            days=unused_days,
            size=size,
            searches=searches,
            current_groups=groups,
            protected=protected,
        )
        if not dry_run:
            remove(store, removals)
    total = sum(removal.size for removal in removals)
    listed = [{"path": str(r.path), "bytes": r.size, "reason": r.reason} for r in removals]
    lines = [align([(str(r.path), display.size(r.size), r.reason) for r in removals])]
    done = "would be freed" if dry_run else "freed"
    text = "\n".join([*filter(None, lines), f"{display.size(total)} {done}"])
    return {"removed": listed, "bytes": total, "dry_run": dry_run}, text


def parse_size(text: str) -> int:
    """A number of bytes from text such as 500MB or 2G. Raises `ConfigError`."""
    match = re.fullmatch(r"(\d{1,30}(?:\.\d{1,30})?) ?([kmgt]?)i?b?", text.strip().lower())
    if not match:
        raise ConfigError(f"--max-size: expected a size such as 500MB or 2GB, found {text!r}")
    return int(float(match[1]) * UNITS[match[2]])
