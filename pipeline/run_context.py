"""Run context: what a stage that runs reports to, and keeps its state with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pipeline.context import Context, Progress
from pipeline.errors import Interrupted
from pipeline.events.reporter import Reporter
from pipeline.store.durable import check_free_space
from pipeline.store.item_writer import ItemWriter
from pipeline.store.store import Key, Store
from pipeline.store.writer import Writer


class RunContext(Context):
    """The context of a stage that runs. Each report is a place where the stage can be stopped."""

    def __init__(
        self,
        store: Store,
        key: Key,
        reporter: Reporter,
        writer: Writer | ItemWriter,
        stop: threading.Event | None,
    ) -> None:
        self._store, self._key, self._reporter, self._writer = store, key, reporter, writer
        self._stop = stop

    def progress(
        self, label: str, total: int | None = None, unit: str = "rows"
    ) -> AbstractContextManager[Progress]:
        self._check()
        task = self._reporter.progress(label, total, unit)
        return task if self._stop is None else _Stoppable(task, self._check)

    def info(self, message: str) -> None:
        self._check()
        self._reporter.info(message)

    def warn(self, message: str) -> None:
        self._reporter.warn(message)

    def metrics(self, line: str = "", /, **figures: Any) -> None:
        self._check()
        self._reporter.metrics(self._key.stage, figures, line)

    def check_free_space(self, size: int) -> None:
        check_free_space(self._store.root, size)

    def path(self, output: str, suffix: str = "") -> Path:
        return self._writer.path(output, suffix)

    def note(self, **figures: Any) -> None:
        self._writer.notes |= figures

    def made_with(self, library: str) -> None:
        self._writer.made_with.add(library)

    def load_state(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        state = self._store.states.load(self._key)
        if state is None and (reason := self._store.states.why_none(self._key)):
            self.warn(f"the saved state of {self._key.stage} {reason}: it begins anew")
        return state

    def save_state(self, arrays: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        self._store.states.save(self._key, arrays, record, self._writer.made_with)
        self._check()

    def _check(self) -> None:
        if self._stop is not None and self._stop.is_set():
            raise Interrupted


class _Stoppable(AbstractContextManager[Progress]):
    """A task under way that looks, whenever it advances, whether it is to stop."""

    def __init__(self, task: AbstractContextManager[Progress], check: Callable[[], None]) -> None:
        self._task, self._check = task, check

    def __enter__(self) -> _Stoppable:
        self._progress = self._task.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._task.__exit__(*error)

    def advance(self, amount: int = 1, note: str = "") -> None:
        self._check()
        self._progress.advance(amount, note)
