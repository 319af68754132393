"""Placement: where stages and trials run, and how many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.executors.cores import default_workers

if TYPE_CHECKING:
    from concurrent.futures import Executor

EXECUTORS = ("serial", "thread", "process", "dask")
AWAY = 32  # tasks at a time on workers that nobody has counted yet


@dataclass(frozen=True)
class Placement:
    """An executor (by name, or one of the caller's), how many tasks at a time, what errors end.

    `jobs`: None is one for each core. `keep_going`: an error ends what depends on it, and no more.
    `cluster` is the address of a Dask scheduler (None: one is started here), `tls` three PEM files
    for it: of the authority, the certificate and its key.
    """

    executor: str | Executor = "thread"
    jobs: int | None = None
    keep_going: bool = False
    cluster: str | None = None
    tls: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.executor, str) and self.executor not in EXECUTORS:
            raise ConfigError(
                f"--executor: expected one of {', '.join(EXECUTORS)}, found {self.executor!r}"
            )
        if self.jobs is not None and (type(self.jobs) is not int or self.jobs < 1):
            raise ConfigError(f"--jobs: expected a number of at least 1, found {self.jobs!r}")
        if (self.cluster or self.tls) and self.executor != "dask":
            raise ConfigError(
                f"--cluster: expected --executor dask beside it, found {self.executor}"
            )

    @property
    def most(self) -> int:
        """How many tasks run at a time at most."""
        if self.executor == "serial":
            return 1
        return self.jobs or (AWAY if self.is_elsewhere else default_workers())

    @property
    def is_elsewhere(self) -> bool:
        """Whether the workers are no matter of this machine: of a cluster that runs already."""
        return self.cluster is not None or hasattr(self.executor, "_client")  # Dask's
