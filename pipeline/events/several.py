"""Several reporters that are one: a terminal and a client of events, say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from pipeline.context import Progress
from pipeline.events.reporter import Reporter


class Several(Reporter):
    """Reports all to each of some reporters, in their order."""

    def __init__(self, *reporters: Reporter) -> None:
        super().__init__()
        self._reporters = reporters

    def stage_started(self, stage: str, reason: str, fingerprint: str = "") -> None:
        for one in self._reporters:
            one.stage_started(stage, reason, fingerprint)

    def stage_finished(
        self, stage: str, status: str, seconds: float, reason: str, fingerprint: str = ""
    ) -> None:
        for one in self._reporters:
            one.stage_finished(stage, status, seconds, reason, fingerprint)

    @contextmanager
    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> Iterator[Progress]:
        with ExitStack() as stack:
            opened = [one.progress(label, total, unit) for one in self._reporters]
            yield _Tasks([stack.enter_context(task) for task in opened])

    def metrics(self, stage: str, figures: Mapping[str, Any], line: str = "") -> None:
        for one in self._reporters:
            one.metrics(stage, figures, line)

    def info(self, message: str) -> None:
        for one in self._reporters:
            one.info(message)

    def warn(self, message: str) -> None:
        for one in self._reporters:
            one.warn(message)

    def waiting(self, stage: str, holder: str) -> None:
        for one in self._reporters:
            one.waiting(stage, holder)

    def close(self) -> None:
        for one in self._reporters:
            one.close()


class _Tasks:
    """A task under way in each."""

    def __init__(self, tasks: list[Progress]) -> None:
        self._tasks = tasks

    def advance(self, amount: int = 1, note: str = "") -> None:
        for task in self._tasks:
            task.advance(amount, note)
