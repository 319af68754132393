"""Reporter: what a run reports while it goes on, to a person or to a program.

    Reporter               the events of a run; reports to nobody
    ├── QuietReporter      warnings only                                  (lines.py)
    │   └── LineReporter   plain lines: a log, a pipe, a cluster's output
    │       └── BarReporter    a terminal: a bar while a stage runs       (bars.py)
    ├── EventReporter      calls a function with each event               (event.py)
    │   └── JsonReporter   one JSON object a line                         (json_lines.py)
    └── Several            reports to several others                      (several.py)

Stages that run side by side report from several threads; `lock` keeps their events apart. Nothing
reported here can stop a run: a stream that is broken or closed is written to in vain.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from pipeline.context import QUIET, Progress


class Reporter:
    """The events of a run. This one reports to nobody."""

    clock = staticmethod(time.monotonic)
    words: Callable[[str], str] = staticmethod(str)  # how a warning is put to who listens
    live = False  # whether what is under way is shown as it moves

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def stage_started(self, stage: str, reason: str, fingerprint: str = "") -> None:
        """A stage that is not cached begins; `reason` says why it is to run."""

    def stage_finished(
        self, stage: str, status: str, seconds: float, reason: str, fingerprint: str = ""
    ) -> None:
        """A stage is done; `status` is cached, ran, failed or skipped."""

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        """A task of `total` units (None: unknown); the unit "B" is bytes."""
        return QUIET.progress(label, total, unit)

    def metrics(self, stage: str, figures: Mapping[str, Any], line: str = "") -> None:
        """Figures of a stage's own, as they come (epoch, loss, accuracy); `line`, for people."""

    def info(self, message: str) -> None:
        """Something worth a line."""

    def warn(self, message: str) -> None:
        """Something that must not be missed."""

    def waiting(self, stage: str, holder: str) -> None:
        """The stage's result is being made by another process."""

    def close(self) -> None:
        """The run is over, well or not: leave the terminal tidy."""
