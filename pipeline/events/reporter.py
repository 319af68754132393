"""Reporter: what a run tells while it goes on, to a person or to a program, on stderr.

    Reporter               the events of a run; tells nobody
    ├── QuietReporter      warnings only
    │   └── LineReporter   plain lines: a log, a pipe, a cluster's output
    │       └── BarReporter    a terminal: a bar while a stage runs, and a line that stays
    └── JsonReporter       one JSON object a line

A stage's line has four columns: its name, whether it was cached or ran, how long it took, and why
it ran. Nothing told here can stop a run: a stream that is broken or closed is written to in vain.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from pipeline.context import QUIET, Progress
from pipeline.events.console import DIM, YELLOW, Console
from pipeline.events.progress import Task, duration


class Reporter:
    """The events of a run. This one tells nobody."""

    def stage_started(self, name: str, reason: str) -> None:
        """A stage that is not cached begins; `reason` says why it is to run."""

    def stage_finished(self, name: str, status: str, seconds: float, reason: str) -> None:
        """A stage is done; `status` is cached or ran."""

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        """A task of `total` units (None: unknown); the unit "B" is bytes."""
        return QUIET.progress(label, total, unit)

    def info(self, message: str) -> None:
        """Something worth a line."""

    def warn(self, message: str) -> None:
        """Something that must not be missed."""

    def waiting(self, stage: str, holder: str) -> None:
        """The stage's result is being made by another process."""

    def close(self) -> None:
        """The run is over, well or not: leave the terminal tidy."""


class QuietReporter(Reporter):
    """Warnings only."""

    def __init__(self, stream: Any) -> None:
        self._console = Console(stream)

    def warn(self, message: str) -> None:
        self._line(self._console.paint(f"warning: {message}", YELLOW))

    def _line(self, text: str) -> None:
        self._console.write(text + "\n")


class LineReporter(QuietReporter):
    """Plain lines. Progress shows at most every `interval` seconds."""

    def __init__(
        self,
        stream: Any,
        verbose: bool = False,
        interval: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stream)
        self._verbose, self._interval, self._clock = verbose, interval, clock
        self._running: str | None = None
        self._told: str | None = None

    def stage_started(self, name: str, reason: str) -> None:
        self._running, self._told = name, reason
        self._line(self._columns(name, "runs", "", reason))

    def stage_finished(self, name: str, status: str, seconds: float, reason: str) -> None:
        known = reason == self._told or (self._running is None and not self._verbose)
        self._running = self._told = None
        took = "" if status == "cached" else duration(seconds)
        line = self._columns(name, status, took, "" if known else reason)
        self._line(self._console.paint(line, DIM) if status == "cached" else line)

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        return Task(label, total, unit, self._show, self._interval, self._clock)

    def info(self, message: str) -> None:
        self._line(message)

    def waiting(self, stage: str, holder: str) -> None:
        self._line(self._columns(stage, "waits", "", f"for {holder}"))

    def _columns(self, name: str, status: str, took: str, reason: str) -> str:
        return f"{name:<12} {status:<6} {took:>11}  {reason}".rstrip()

    def _show(self, task: Task) -> None:
        self._line(f"{task.label:<12} {task.facts()}")


class JsonReporter(Reporter):
    """One JSON object a line: "seconds" since the start, "event", and what belongs to it."""

    def __init__(
        self, stream: Any, interval: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console, self._interval, self._clock = Console(stream), interval, clock
        self._start = clock()

    def stage_started(self, name: str, reason: str) -> None:
        self._event("stage_started", stage=name, reason=reason)

    def stage_finished(self, name: str, status: str, seconds: float, reason: str) -> None:
        self._event(
            "stage_finished", stage=name, status=status, took=round(seconds, 6), reason=reason
        )

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        return Task(label, total, unit, self._show, self._interval, self._clock, last=True)

    def info(self, message: str) -> None:
        self._event("info", message=message)

    def warn(self, message: str) -> None:
        self._event("warning", message=message)

    def waiting(self, stage: str, holder: str) -> None:
        self._event("waiting", stage=stage, holder=holder)

    def _show(self, task: Task) -> None:
        counts = {"done": task.done, "total": task.total, "unit": task.unit, "note": task.note}
        self._event("progress", label=task.label, **counts)

    def _event(self, event: str, **fields: Any) -> None:
        seconds = round(self._clock() - self._start, 6)
        # ASCII: nothing that a stream's encoding could change.
        line = json.dumps({"seconds": seconds, "event": event, **fields})
        self._console.write(line + "\n")


STYLES = ("auto", "bars", "lines", "json", "quiet")


def make_reporter(style: str, stream: Any, verbose: bool = False) -> Reporter:
    """The reporter of a style; "auto" is bars on a terminal and lines elsewhere.

    `verbose` adds why a stage is cached. Raises `ValueError` for an unknown style.
    """
    if style not in STYLES:
        raise ValueError(f"expected a style of {', '.join(STYLES)}, found {style!r}")
    if style == "quiet":
        return QuietReporter(stream)
    if style == "json":
        return JsonReporter(stream)
    if style == "bars" or (style == "auto" and Console(stream).can_move()):
        from pipeline.events.bars import BarReporter

        return BarReporter(stream, verbose)
    return LineReporter(stream, verbose)
