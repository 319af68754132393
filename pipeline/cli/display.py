"""What a person reads of a plan, an outcome, an explanation; and the same as JSON values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.cli.table import align
from pipeline.outcome import Outcome
from pipeline.planner import CACHED, Decision
from pipeline.store.values import UNREADABLE

SHOWN = ("kind", "dtype", "shape", "count", "digest")  # of an artifact
MARKS = {"cached": "·", "runs": "▶", "waits": "…", "ran": "▶"}


def size(count: float) -> str:
    """A number of bytes for people: 225 MB."""
    units = ("B", "kB", "MB", "GB", "TB")
    power = min(int(math.log(max(count, 1), 1000)), len(units) - 1)
    return f"{count / 1000**power:.3g} {units[power]}"


def stages(outcome: Outcome) -> list[dict[str, Any]]:
    """What became of each stage."""
    return [
        {"name": r.name, "status": r.status, "seconds": round(r.seconds, 3), "reason": r.reason}
        for r in outcome.stages
    ]


def artifacts(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """Where each artifact is stored, and what it is."""
    listing: dict[str, dict[str, Any]] = {}
    for name in outcome.artifacts():
        record = outcome.record(name)
        shown: dict[str, Any] = {key: record[key] for key in SHOWN if key in record}
        size = record.get("bytes", record["size"])  # of items, all their values
        listing[name] = {"path": outcome.path(name), "bytes": size, **shown}
    return listing


def artifact_table(document: Mapping[str, Any]) -> str:
    """The artifacts of a run, a line each: name, type and shape, size, file."""
    return align(
        (
            (name, _form(record), size(record["bytes"]), record["path"])
            for name, record in document["artifacts"].items()
        ),
        right=(2,),
        drop=(2, 1),
    )


def _form(record: Mapping[str, Any]) -> str:
    if record["kind"] == "items":
        return f"{record['count']:,} items"
    if record["kind"] == "array":
        return f"{record['dtype'].lstrip('<|')} {'×'.join(map(str, record['shape'])) or 'scalar'}"
    return str(record["kind"])


def failed(outcome: Outcome) -> str:
    """What became of each stage of a run that came to no end, a line each."""
    rows = [(r.name, r.status, r.reason) for r in outcome.stages if r.status != CACHED]
    return align(rows, shorten=(2,))


def decision(made: Decision) -> dict[str, Any]:
    """One line of a plan."""
    found: dict[str, Any]
    found = {"name": made.stage.name, "status": made.status, "reasons": list(made.reasons)}
    if made.items is not None:
        counts = {"total": len(made.items.mapped.items), "run": len(made.items.missing)}
        why = {reason: list(labels) for reason, labels in made.items.why.items()}
        found["items"] = {**counts, "why": why}
    return found


def plan(decisions: Iterable[Decision]) -> str:
    """A plan, a line each: mark, stage, what would be done, why."""
    rows = ((MARKS[d.status], d.stage.name, d.status, d.reason) for d in decisions)
    return align(rows, shorten=(3,))


Found = Mapping[Path, str | None]


def verification(results: Found, states: Found, cache: Found, groups: Found | None = None) -> str:
    """What a verification found: all that is damaged, what becomes of it, how much is whole."""
    groups = groups or {}
    found = {**results, **groups, **states, **cache}
    lines = [f"{path}: {reason}" for path, reason in found.items() if reason]
    damaged = [path for path, reason in found.items() if reason and UNREADABLE not in reason]
    if stages := ", ".join(dict.fromkeys(path.parent.name for path in damaged if path in results)):
        lines.append(
            f"run again, and {stages} will be made anew; what depends on them stays, if they come "
            "to the same bytes"
        )
    if stages := ", ".join(dict.fromkeys(p.parent.parent.name for p in damaged if p in groups)):
        lines.append(f"run again, and the items of {stages} in these groups will be made anew")
    if stages := ", ".join(dict.fromkeys(p.parent.parent.name for p in damaged if p in states)):
        lines.append(f"run again, and {stages} will begin anew instead of going on")
    if any(reason and UNREADABLE in reason for reason in found.values()):
        lines.append("what cannot be read may be whole: see to its permissions and its disk")
    words = [_whole(results, "results")]
    words += [_whole(groups, "groups of items")] if groups else []
    words += [_whole(states, "states of unfinished stages")] if states else []
    return "\n".join([*lines, f"{' and '.join(words)} are whole"])


def _whole(found: Found, what: str) -> str:
    return f"{sum(reason is None for reason in found.values())} of {len(found)} {what}"
