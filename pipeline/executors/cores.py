"""Cores: how many this process may use, and how many workers that makes."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

from pipeline.errors import ConfigError


def default_workers() -> int:
    """The number of cores that this process may use: affinity and the quota of its cgroup."""
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
    cap = max(4 * cores, 16)
    here = f"--workers {requested} is more than the {cores} cores here"
    if requested > cap:
        return cap, f"{here}: using {cap}, and more than {cores} gain nothing"
    return requested, f"{here}: more than {cores} gain nothing" if requested > cores else None


def _quota(
    own: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """The whole cores that the CPU quota of this process's cgroup (version 2) amounts to."""
    cores: list[int] = []
    with suppress(OSError):
        lines = own.read_text().splitlines()
        paths = [Path(line[3:].lstrip("/")) for line in lines if line.startswith("0::")]
        for folder in (root / each for path in paths for each in (path, *path.parents)):
            with suppress(OSError, ValueError):  # no limit here, or "max"
                quota, period = map(int, (folder / "cpu.max").read_text().split())
                cores.append(math.ceil(quota / period))
    return min(cores, default=None)
