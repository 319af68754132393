"""Event: something that happens in a run, for callers that show progress themselves.

kind              fields
stage_started     stage, reason, fingerprint
stage_finished    stage, status (ran, cached, failed, skipped), took (seconds), reason, fingerprint
progress          label, done, total (None: unknown), unit, note
metrics           stage and figures of the stage's own: epoch, loss, accuracy, …
info, warning     message
waiting           stage, holder: another process is making the stage's result

run(PIPELINE, store="artifacts", on_event=lambda event: print(event.kind, event.fields))

README.md has each with its units and an example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from pipeline.context import Progress
from pipeline.events.progress import Meter
from pipeline.events.reporter import Reporter

INTERVAL = 0.1  # seconds at least between two events of one task's progress


@dataclass(frozen=True)
class Event:
    """What happened: its kind, and what belongs to it, by name."""

    kind: str
    fields: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        known = vars(self)  # empty, while a copy is made
        fields = known.get("fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(f"event {known.get('kind')} has no {name}, but {', '.join(fields)}")


class EventReporter(Reporter):
    """Calls `on_event` with each event, in the order in which they happen, one at a time."""

    def __init__(self, on_event: Callable[[Event], None], interval: float = INTERVAL) -> None:
        super().__init__()
        self._on_event, self._interval = on_event, interval

    def stage_started(self, stage: str, reason: str, fingerprint: str = "") -> None:
        self._event("stage_started", stage=stage, reason=reason, fingerprint=fingerprint)

    def stage_finished(
        self, stage: str, status: str, seconds: float, reason: str, fingerprint: str = ""
    ) -> None:
        found = {"status": status, "took": round(seconds, 6), "reason": reason}
        self._event("stage_finished", stage=stage, **found, fingerprint=fingerprint)

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        return Meter(label, total, unit, self._show, self._interval, self.clock, last=True)

    def metrics(self, stage: str, figures: Mapping[str, Any], line: str = "") -> None:
        self._event("metrics", stage=stage, **figures)

    def info(self, message: str) -> None:
        self._event("info", message=message)

    def warn(self, message: str) -> None:
        self._event("warning", message=self.words(message))

    def waiting(self, stage: str, holder: str) -> None:
        self._event("waiting", stage=stage, holder=holder)

    def _show(self, task: Meter) -> None:
        counts = {"done": task.done, "total": task.total, "unit": task.unit, "note": task.note}
        self._event("progress", label=task.label, **counts)

    def _event(self, kind: str, **fields: Any) -> None:
        with self.lock:
            self._on_event(Event(kind, fields))
