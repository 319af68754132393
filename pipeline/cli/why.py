"""Why a result is stale, and what identifies it: what `explain` shows.

Code that has changed is shown as a difference of its sources, where the store still knows how they
were when the nearest result was made. All else that identifies a result is listed with --all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.cli.display import decision
from pipeline.cli.output import shown_place
from pipeline.cli.session import Session
from pipeline.cli.table import align
from pipeline.fingerprint import shown
from pipeline.planner import CACHED, RUNS, Decision, Planner
from pipeline.store.numerics import made_differently

FUNCTIONS, LINES, REASONS = 3, 24, 8  # that are shown without --all
UNKNOWN = "how it was is not known: it ran with an earlier version, or its cache was deleted"


def changed_code(planner: Planner, made: Decision) -> dict[str, str | None]:
    """The names of what has changed since the nearest stored result, and how, as unified diffs;
    None where the source that it had is not known."""
    old = planner.nearest(made.fields) if made.fields and made.status == RUNS else None
    if old is None or made.fields is None or old.get("graph") == made.fields["graph"]:
        return {}
    before, after = old["code"], made.fields["code"]
    names = [name for name in after if before.get(name, after[name]) != after[name]]
    now = planner.text_now(made.stage) if names else {}
    return {
        name: _difference(name, planner.texts.get(name, before[name]), now.get(f"{name} {digest}"))
        for name, digest in after.items()
        if name in names
    }


def _difference(name: str, was: str | None, is_now: str | None) -> str | None:
    if was is None or is_now is None:
        return None
    import difflib

    lines = difflib.unified_diff(
        was.splitlines(), is_now.splitlines(), f"{name}, as it was", f"{name}, now", lineterm=""
    )
    return "\n".join(lines)


def as_document(made: Decision, changes: Mapping[str, str | None]) -> dict[str, Any]:
    """A decision with all that identifies the result, as a JSON value."""
    others = made_differently(made.manifest or {})
    document = {"changes": dict(changes), "fields": made.fields, "made_differently": others}
    return {**decision(made), **document}


def as_page(
    session: Session, made: Decision, changes: Mapping[str, str | None], whole: bool
) -> str:
    """A decision for people; `whole`: with all that identifies the result, field by field."""
    reasons = made.reasons if whole else made.reasons[:REASONS]
    lines = [f"{made.stage.name}: {made.status}", *(f"  {reason}" for reason in reasons)]
    if len(reasons) < len(made.reasons):
        lines.append(f"  … and {len(made.reasons) - len(reasons)} more, which --all lists")
    lines += _items(made, whole)
    lines += _changes(changes, whole)
    if made.fields is not None:
        lines += _fields(made.fields) if whole else ["", _counts(made.fields)]
    if made.status == CACHED and made.key is not None:
        manifest, folder = session.store.manifest(made.key), session.store.folder(made.key)
        lines += ["", f"stored {manifest['written']}, took {manifest['seconds']:.2f} s:"]
        lines.append(shown_place(folder, "  "))
        lines += made_differently(manifest)
    return "\n".join(lines)


def _items(made: Decision, whole: bool) -> Iterator[str]:
    """The items that are to be run, by reason."""
    for reason, labels in made.items.why.items() if made.items else ():
        shown = labels if whole else labels[:REASONS]
        more = len(labels) - len(shown)
        rest = f", … and {more:,} more, which --all lists" if more else ""
        yield f"  {reason}: {', '.join(shown)}{rest}"


def _changes(changes: Mapping[str, str | None], whole: bool) -> Iterator[str]:
    known = {name: text for name, text in changes.items() if text}
    for number, text in enumerate(known.values()):
        if number == FUNCTIONS and not whole:
            yield f"… and {len(known) - number} more, which --all shows"
            return
        lines = text.split("\n")
        cut = lines if whole else lines[:LINES]
        yield from ("", *cut)
        if len(cut) < len(lines):
            yield f"… and {len(lines) - len(cut)} lines more, which --all shows"
    if None in changes.values() and not known:
        yield f"  {UNKNOWN}"


def _fields(fields: Mapping[str, Any]) -> Iterator[str]:
    for title in ("parameters", "inputs", "code", "uses"):
        if title in fields:
            rows = [("", name, _short(value)) for name, value in sorted(fields[title].items())]
            yield from ("", f"{title}:", align(rows or [("", "none", "")], shorten=(1,)))


def _counts(fields: Mapping[str, Any]) -> str:
    counted = (("parameters", "parameter"), ("inputs", "input"), ("code", "piece of code"))
    words = []
    for title, one in counted:
        if number := len(fields[title]):
            many = one.replace("piece", "pieces") if "piece" in one else f"{one}s"
            words.append(f"{number} {one if number == 1 else many}")
    return f"identified by {', '.join(words)}; --all lists them"


def _short(value: Any) -> str:
    """A digest by its first characters, a tagged parameter by its value."""
    return value[:16] if isinstance(value, str) else shown(value)
