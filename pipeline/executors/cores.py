"""Cores: how many this process may use, and how many workers that makes."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.errors import ConfigError


def default_workers() -> int:
    """The number of cores that this process may use: affinity and the quotas of its cgroups.

    One where it may start no processes: a daemon, as the worker processes of a Dask cluster are.
    """
    if _is_daemon():
        return 1
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS, not on Windows
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota() or cores))


def check_workers(requested: int | None) -> tuple[int, str | None]:
    """The number of workers to use (None: one per core), and what the user should know of it.

    More workers than cores are allowed, up to a cap: they gain nothing, but they show that results
    do not depend on their number.
    """
    cores = default_workers()
    if requested is None:
        return cores, None
    if requested < 1:
        raise ConfigError(f"--workers: expected at least 1, found {requested}")
    if requested > 1 and _is_daemon():
        return 1, f"--workers {requested}: using 1, for a worker of a cluster starts no processes"
    cap = max(4 * cores, 16)
    here = f"--workers {requested} is more than the {cores} cores here"
    if requested > cap:
        return cap, f"{here}: using {cap}, and more than {cores} gain nothing"
    return requested, f"{here}: more than {cores} gain nothing" if requested > cores else None


def _is_daemon() -> bool:
    """Whether this is a process that `multiprocessing` started as a daemon."""
    started = sys.modules.get("multiprocessing.process")
    with suppress(AttributeError, NameError):  # where another thread is just importing it
        return started is not None and bool(started.current_process().daemon)
    return False


def _quota(
    own: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """The whole cores that the CPU quotas of this process's cgroups amount to; None: no limit.

    A quota of any group above counts too. In a container the group's own folder may be the root.
    """
    cores: list[int] = []
    with suppress(OSError):
        for line in own.read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            for folder in _folders(root, number, controllers.split(","), path):
                with suppress(OSError, ValueError, ZeroDivisionError):
                    cores.append(_cores(folder, number == "0"))
    return min(cores, default=None)


def _folders(root: Path, number: str, controllers: list[str], path: str) -> Iterator[Path]:
    """The folders of a cgroup and of those above it; of version 1 only where it counts the CPU."""
    below = Path(path.lstrip("/"))
    tops = [root] if number == "0" else [root / "cpu", root / ",".join(controllers)]
    if number == "0" or "cpu" in controllers:
        yield from (top / each for top in tops for each in (below, *below.parents))


def _cores(folder: Path, version_2: bool) -> int:
    """What the quota of one group amounts to. Raises `ValueError` where it has none ("max", -1)."""
    if version_2:
        quota, period = map(int, (folder / "cpu.max").read_text().split())
    else:
        quota = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
    if quota < 0:
        raise ValueError("no limit")
    return math.ceil(quota / period)
