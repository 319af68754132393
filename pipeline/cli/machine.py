"""The machine as `doctor` finds it: what there is, and whether it does what the program needs.

`facts` are JSON values by section; a fact that cannot be had is None. Checks really do what they
ask about: take a lock, write a file, share memory.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module, metadata, util
from pathlib import Path
from typing import Any

from pipeline.executors.cores import default_workers
from pipeline.store.numerics import numeric_versions

PACKAGES = ("numpy", "click", "tqdm", "filelock", "threadpoolctl")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE")
PROBE = 512  # rows of the matrices that are multiplied
SHARED_MEMORY = Path("/dev/shm")


def facts(root: Path, extras: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """All there is to know, for a store at `root`."""
    return {
        "machine": _machine(),
        "blas": _blas(),
        "versions": _versions(),
        "extras": {name: util.find_spec(name) is not None for name in extras},
        "storage": _storage(root),
        "environment": {name: os.environ[name] for name in THREADS if name in os.environ},
    }


def _machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "usable_cores": default_workers(),
        "memory": _memory(),
        "memory_limit": _memory_limit(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "processes": _limit("RLIMIT_NPROC"),
        "open_files": _limit("RLIMIT_NOFILE"),
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _memory_limit() -> int | None:
    """The memory that this process's control group may have, in bytes."""
    for path in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            limit = int((Path("/sys/fs/cgroup") / path).read_text())
            return limit if limit < (_memory() or 0) else None
    return None


def _limit(name: str) -> int | None:
    with suppress(ImportError, AttributeError):
        resource = import_module("resource")
        soft = resource.getrlimit(getattr(resource, name))[0]
        return None if soft == resource.RLIM_INFINITY else soft
    return None


def _blas() -> dict[str, Any]:
    """The library, its kernel and threads, and how fast it multiplies on one thread."""
    import numpy as np
    from threadpoolctl import threadpool_info, threadpool_limits

    found = [one for one in threadpool_info() if one["user_api"] == "blas"]
    left = np.ones((PROBE, PROBE), np.float32)
    with threadpool_limits(1, user_api="blas"):
        left @ left
        started = time.perf_counter()
        rounds = 0
        while time.perf_counter() - started < 0.05:
            left @ left
            rounds += 1
        seconds = time.perf_counter() - started
    return {
        "library": numeric_versions()["blas"],
        "threads": max((one["num_threads"] for one in found), default=None),
        "gigaflops_of_a_core": round(2 * PROBE**3 * rounds / seconds / 1e9, 1),
    }


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in PACKAGES:
        found[name] = None
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _storage(root: Path) -> dict[str, Any]:
    """The disk of the store, and the memory that processes share."""
    import shutil

    there = next((one for one in (root, *root.absolute().parents) if one.is_dir()), Path("."))
    temporary = Path(tempfile.gettempdir())
    return {
        "folder": str(root),
        "free": shutil.disk_usage(there).free,
        "writable": _writable(there),
        "locks": _locks(there),
        "fsync_seconds": _fsync(there),
        "temporary_free": shutil.disk_usage(temporary).free,
        "shared_memory_free": (
            shutil.disk_usage(SHARED_MEMORY).free if SHARED_MEMORY.is_dir() else None
        ),
        "shared_memory": _shares_memory(),
        "semaphores": _semaphores(),
    }


def _writable(folder: Path) -> bool:
    with suppress(OSError):
        with tempfile.TemporaryFile(dir=folder):
            return True
    return False


def _locks(folder: Path) -> bool:
    """Whether a lock that is held keeps another descriptor of the same file out."""
    with suppress(ImportError, OSError):
        fcntl = import_module("fcntl")
        with tempfile.NamedTemporaryFile(dir=folder) as first, open(first.name) as second:
            fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False


def _fsync(folder: Path) -> float | None:
    with suppress(OSError):
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            return round(time.perf_counter() - started, 5)
    return None


def _shares_memory() -> bool:
    """Whether a file in memory can be made, as workers share their arrays in one."""
    if hasattr(os, "memfd_create"):
        with suppress(OSError):
            os.close(os.memfd_create("doctor"))
            return True
    return sys.platform != "linux"


def _semaphores() -> bool:
    with suppress(ImportError, OSError):
        import_module("multiprocessing").get_context("spawn").Lock()
        return True
    return False
