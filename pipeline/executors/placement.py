"""Placement: where stages and trials run, and how many at a time."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.executors.cores import default_workers

if TYPE_CHECKING:
    from concurrent.futures import Executor

EXECUTORS = ("serial", "thread", "process", "dask")
AWAY = 32  # tasks at a time on workers that nobody has counted yet
HOST = r"(\[[0-9a-f:.%]+\]|[^\s:/\[\]]+)(:[0-9]{1,5})?/?"
ADDRESS = re.compile(
    rf"(?:(tcp|tls)://{HOST}|(?!tcp:|tls:)([a-z][a-z0-9+.-]*)://\S+)", re.IGNORECASE
)


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
        named, submit = isinstance(self.executor, str), getattr(self.executor, "submit", None)
        if named and self.executor not in EXECUTORS:
            raise ConfigError(
                f"--executor: expected one of {', '.join(EXECUTORS)}, found {self.executor!r}"
            )
        if not named and (isinstance(self.executor, type) or not callable(submit)):
            raise ConfigError(
                "executor: expected a name, or an executor of concurrent.futures that is made, "
                f"found {self.executor!r}"
            )
        if type(self.keep_going) is not bool:
            raise ConfigError(f"--keep-going: expected True or False, found {self.keep_going!r}")
        if self.jobs is not None and (type(self.jobs) is not int or self.jobs < 1):
            raise ConfigError(f"--jobs: expected a number of at least 1, found {self.jobs!r}")
        if (self.cluster is not None or self.tls) and self.executor != "dask":
            found = self.executor if isinstance(self.executor, str) else "an executor"
            raise ConfigError(f"--cluster: expected --executor dask beside it, found {found}")
        scheme = ADDRESS.fullmatch(self.cluster) if isinstance(self.cluster, str) else None
        if self.cluster is not None and not scheme:
            raise ConfigError(
                "--cluster: expected the address of a Dask scheduler, tcp://HOST:PORT or "
                f"tls://HOST:PORT, found {self.cluster!r}"
            )
        if self.tls:
            _check_tls(self.tls, (scheme[1] or scheme[4]).lower() if scheme else "none")

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


def placement_of(
    executor: str | Executor | None,
    jobs: int | None,
    keep_going: bool,
    cluster: str | None,
    tls: str | tuple[str | os.PathLike[str], ...] | None,
) -> Placement:
    """A placement from what its user gave. No executor: threads, or Dask where there is a cluster;
    `tls` may be three names with commas between them."""
    if executor is None:
        executor = "thread" if cluster is None else "dask"
    try:
        names = tls.split(",") if isinstance(tls, str) else [os.fspath(name) for name in tls or ()]
    except TypeError:
        raise ConfigError(f"--cluster-tls: expected names of files, found {tls!r:.60}") from None
    return Placement(executor, jobs, keep_going, cluster, tuple(filter(None, names)))


def _check_tls(names: tuple[str, ...], scheme: str) -> None:
    if len(names) != 3:
        raise ConfigError(
            f"--cluster-tls: expected three PEM files, CA,CERT,KEY, found {','.join(names)}"
        )
    for name in names:
        if not (Path(name).is_file() and os.access(name, os.R_OK)):
            raise ConfigError(f"--cluster-tls: expected a file that can be read, found {name}")
    if scheme != "tls":
        raise ConfigError(
            f"--cluster-tls: expected --cluster tls://HOST:PORT beside it, found {scheme}"
        )
