"""Engine: what a trainer holds until it is closed: workers, their arrays, BLAS on one thread."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np

from ..network import Network
from ..processor import OneBlasThread
from ..settings import Settings
from .auto import Auto
from .executors import make_workers
from .workers import Serial
from .workspace import Workspace


class Engine:
    """`workers` carry out segments of steps on the arrays of `space`; to be closed.

    Where memory cannot be shared, "auto" works alone. ValueError for workers that are not known.
    """

    def __init__(
        self,
        network: Network,
        settings: Settings,
        features: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray | None,
        batch: int,
        rows: int,
        executor: str | Executor | Callable[[int], Executor],
        workers: int | None,
    ) -> None:
        limit = OneBlasThread()
        self._owner = os.getpid()
        self._limit: OneBlasThread | None = limit
        self.workers = make_workers(executor, workers)
        self._space: Workspace | None = None

        def lay_out() -> Workspace:
            counts = batch, rows, self.workers.workers
            data, shared = (features, labels, weights), self.workers.shared
            return Workspace(network, settings, *data, *counts, shared)

        limit.__enter__()
        try:
            try:
                self._space = lay_out()
            except OSError:
                if not isinstance(self.workers, Auto):
                    raise
                self.workers = Serial()
                self._space = lay_out()
            self.workers.prepare(self.space.job, self.space.setup)
        except BaseException:
            self.close()
            raise

    @property
    def space(self) -> Workspace:
        """The arrays of the training."""
        assert self._space is not None  # from the end of __init__ on
        return self._space

    def check_process(self) -> None:
        """RuntimeError in a fork, which has no helpers, and shares its parent's parameters."""
        if os.getpid() != self._owner and not isinstance(self.workers, Serial):
            raise RuntimeError(
                f"a trainer cannot be used after a fork: expected process {self._owner}, which "
                f"made it, found {os.getpid()}; make another one here, or choose executor='serial'"
            )

    def close(self, wait: bool = True) -> None:
        """End the workers (wait: until they have ended), and give their memory back."""
        if self._limit is None:
            return
        limit, self._limit = self._limit, None
        try:
            self.workers.close(wait)
        finally:
            limit.__exit__(None, None, None)
            if self._space is not None:
                self._space.close()
