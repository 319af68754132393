"""Placement: where stages and trials run, and how many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.executors.cores import default_workers

if TYPE_CHECKING:
    from concurrent.futures import Executor

EXECUTORS = ("serial", "thread", "process")


@dataclass(frozen=True)
class Placement:
    """An executor (by name, or one of the caller's), how many tasks at a time, what errors end.

    `jobs`: None is one for each core. `keep_going`: an error ends what depends on it, and no more.
    """

    executor: str | Executor = "thread"
    jobs: int | None = None
    keep_going: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.executor, str) and self.executor not in EXECUTORS:
            raise ConfigError(
                f"--executor: expected one of {', '.join(EXECUTORS)}, found {self.executor!r}"
            )
        if self.jobs is not None and (type(self.jobs) is not int or self.jobs < 1):
            raise ConfigError(f"--jobs: expected a number of at least 1, found {self.jobs!r}")

    @property
    def most(self) -> int:
        """How many tasks run at a time at most."""
        return 1 if self.executor == "serial" else self.jobs or default_workers()

    def make(self) -> Executor:
        """The executor: a new one of that name, or the caller's own."""
        from pipeline.executors.pools import make_executor  # most commands run nothing

        if not isinstance(self.executor, str):
            return self.executor
        return make_executor(self.executor, self.most)
