"""Item results: what a mapped stage's own result is made of: references to those of its items."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.mapping import Known, Mapped
from pipeline.stage import Stage
from pipeline.store.records import SUFFIXES
from pipeline.store.sequence import items_digest
from pipeline.store.store import Store
from pipeline.store.writer import Writer


def write_references(
    writer: Writer, stage: Stage, mapped: Mapped, known: Known, store: Store
) -> None:
    """Write the outputs of a mapped stage whose items are all `known`, and what they depend on."""
    used = sorted({known.results[item.fingerprint][0] for item in mapped.items})
    writer.observed = merged(known.groups[number][1].get("observed", {}) for number in used)
    for output in stage.outputs:
        record, document = _reference(output, stage.name, mapped, known, store)
        data = json.dumps(document, separators=(",", ":")).encode("utf-8", "surrogatepass")
        writer.put_bytes(output, record, data, SUFFIXES["items"])


def _reference(
    output: str, stage: str, mapped: Mapped, known: Known, store: Store
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record of an output, and what refers to the values of all items (store/sequence.py)."""
    numbers: dict[int, int] = {}
    groups, items, size = list[list[Any]](), list[list[Any]](), 0
    for item in mapped.items:
        group, place = known.results[item.fingerprint]
        folder, manifest = known.groups[group]
        if group not in numbers:
            numbers[group] = len(groups)
            groups.append([folder.name, *store.groups.facts(folder, manifest, output)])
        record = manifest["items"][place]["outputs"][output]
        items.append([numbers[group], place, record["digest"]])
        size += record.get("size", 0)
    folder = store.groups.place(stage, mapped.common)
    document = {
        "output": output,
        "place": folder.relative_to(store.root).as_posix(),
        "labels": mapped.labels,
        "groups": groups,
        "items": items,
    }
    digest = items_digest(mapped.labels, [one for _, _, one in items])
    return {"kind": "items", "digest": digest, "count": len(items), "bytes": size}, document


def merged(traces: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What several groups were seen to depend on, together."""
    found: dict[str, Any] = {}
    for trace in traces:
        for kind, seen in trace.items():
            if isinstance(seen, dict):
                found[kind] = {**found.get(kind, {}), **seen}
            else:
                known = found.setdefault(kind, [])
                known += [one for one in seen if one not in known]
    return found
