"""The board of a search under way: a line for each trial that is done, a star on the best so far.

On a terminal it also shows how far each running trial is and how well it does, the best so far, and
how long the rest will take.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from pipeline.context import QUIET, Progress
from pipeline.events.fitting import shortened
from pipeline.events.reporter import Reporter
from stages.commands.search.page import line
from stages.commands.search.trial import Result

SHOWN = 8  # running trials
WIDTH = 40  # characters of one's name


class Board:
    """Shows what becomes of `total` trials."""

    def __init__(self, reporter: Reporter, total: int) -> None:
        self._reporter, self._total = reporter, total
        self.heard = type(reporter).metrics is not Reporter.metrics  # else it is of no use
        self._done = 0
        self._best: tuple[tuple[float, float], str] | None = None
        self._running: dict[str, Running] = {}
        self._progress: Progress = QUIET.progress("").__enter__()
        self._warned: set[str] = set()
        self._ended: set[str] = set()  # of those under way: what comes late opens nothing again
        self._lock = threading.Lock()

    @contextmanager
    def under_way(self, label: str, count: int) -> Iterator[None]:
        """While `count` trials run that were not cached."""
        self._ended.clear()
        with self._reporter.progress(label, count, "trainings") as self._progress:
            try:
                yield
            finally:
                for name in list(self._running):
                    self._end(name)
                self._progress = QUIET.progress("").__enter__()

    def reporter(self, name: str, epochs: int) -> Reporter:
        """What a trial reports to."""
        return Running(self, name, epochs)

    def take(self, name: str, result: Result, chosen: Mapping[str, Any] | None = None) -> None:
        """A trial is done. chosen: what programs get beside its figures."""
        self._end(name)
        self._done += 1
        better = not result.failure and (self._best is None or result.rank > self._best[0])
        if better:
            self._best = result.rank, f"best {result.accuracy:.2%} with {name}"
        number = f"[{self._done:>{len(str(self._total))}}/{self._total}]"
        figures = {**vars(result), "trial": self._done, "trials": self._total, **(chosen or {})}
        figures["epoch_seconds"] = figures.pop("seconds")  # of all epochs; a line has its own
        self._reporter.metrics("search", figures, line(number, name, result, better))
        self._progress.advance(1, self._best[1] if self._best else "")

    def reached(self, trial: Running, epoch: int, figures: Mapping[str, Any]) -> None:
        """A trial has ended an epoch."""
        if not self._reporter.live:
            return
        with self._lock:
            shown = self._running
            if trial.name in self._ended:
                return
            if trial.bar is None and trial.name not in shown and len(shown) < SHOWN:
                shown[trial.name] = trial
                label = shortened(trial.name, WIDTH)
                trial.manager = self._reporter.progress(label, trial.epochs, "epochs")
                trial.bar = trial.manager.__enter__()
            if trial.bar is not None:
                score = figures.get("validation_accuracy")
                trial.bar.advance(epoch - trial.epoch, "" if score is None else f"{score:.2%}")
                trial.epoch = epoch

    def warn(self, message: str) -> None:
        """A warning of a trial's, which many may have."""
        with self._lock:
            if message in self._warned:
                return
            self._warned.add(message)
        self._reporter.warn(message)

    def _end(self, name: str) -> None:
        with self._lock:
            self._ended.add(name)
            trial = self._running.pop(name, None)
            if trial is not None and trial.manager is not None:
                trial.bar = None
                trial.manager.__exit__(None, None, None)


class Running(Reporter):
    """What a trial that runs reports to."""

    def __init__(self, board: Board, name: str, epochs: int) -> None:
        super().__init__()
        self._board, self.name, self.epochs = board, name, epochs
        self.epoch = 0
        self.bar: Progress | None = None
        self.manager: AbstractContextManager[Progress] | None = None

    def metrics(self, stage: str, figures: Mapping[str, Any], line: str = "") -> None:
        if "epoch" in figures:
            self._board.reached(self, figures["epoch"], figures)

    def warn(self, message: str) -> None:
        self._board.warn(message)
