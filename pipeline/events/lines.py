"""Plain lines for people: warnings only, or a line for each stage.

A stage's line has four columns: its name, whether it was cached or ran, how long it took, and why
it ran. On a terminal no line is longer than the terminal is wide.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from pipeline.context import Progress
from pipeline.events.console import DIM, YELLOW, Console
from pipeline.events.fitting import folded, shortened, visible
from pipeline.events.progress import Meter, duration
from pipeline.events.reporter import Reporter


class QuietReporter(Reporter):
    """Warnings only."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._console = Console(stream)

    def warn(self, message: str) -> None:
        lines = self._folded(f"warning: {self.words(message)}").split("\n")
        self._line("\n".join(self._console.paint(line, YELLOW) for line in lines))

    def _folded(self, text: str) -> str:
        return folded(self._console.fitting(visible(text)), self._console.width)

    def _line(self, text: str) -> None:
        with self.lock:
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
        self._verbose, self._interval, self.clock = verbose, interval, clock
        self._running: dict[str, str] = {}  # stage → the reason that was shown

    def stage_started(self, stage: str, reason: str, fingerprint: str = "") -> None:
        self._running[stage] = reason
        self._line(self._columns(stage, "runs", "", reason))

    def stage_finished(
        self, stage: str, status: str, seconds: float, reason: str, fingerprint: str = ""
    ) -> None:
        shown = self._running.pop(stage, None)
        known = reason == shown or (status == "cached" and shown is None and not self._verbose)
        took = "" if status in ("cached", "skipped") else duration(seconds)
        line = self._columns(stage, status, took, "" if known else reason)
        self._line(self._console.paint(line, DIM) if status == "cached" else line)

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        return Meter(label, total, unit, self._show, self._interval, self.clock)

    def metrics(self, stage: str, figures: Mapping[str, Any], line: str = "") -> None:
        if line:
            self.info(line)

    def info(self, message: str) -> None:
        self._line(self._folded(message))

    def waiting(self, stage: str, holder: str) -> None:
        self._line(self._columns(stage, "waits", "", f"for {holder}"))

    def _columns(self, name: str, status: str, took: str, reason: str) -> str:
        line = visible(f"{name:<12} {status:<6} {took:>11}  {reason}".rstrip())
        fitting = self._console.fitting
        return shortened(fitting(line), self._console.width, fitting("…"))

    def _show(self, task: Meter) -> None:
        width = self._console.width
        left = None if width is None else width - 13
        self._line(f"{task.label:<12} {task.facts(left)}")
