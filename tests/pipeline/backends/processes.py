"""A real Dask cluster for tests: scheduler and workers, each a process of its own, over TCP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[3]


class Farm:
    """Processes in folders of their own below `folder`. A context manager, which ends them.

    `tls` are the options of Dask's commands for certificates, where it is to use them.
    """

    def __init__(self, folder: Path, tls: tuple[str, ...] = ()) -> None:
        self.folder, self._tls, self.address = folder.absolute(), tls, ""
        self.processes: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> Farm:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "scheduler.json"
        scheme = "tls" if self._tls else "tcp"
        words = ["--host", f"{scheme}://127.0.0.1", "--port", "0", "--no-dashboard"]
        self._start("scheduler", "dask_scheduler", *words, "--scheduler-file", str(file))
        wait_for(lambda: file.exists() and b"address" in file.read_bytes())
        import json

        self.address = json.loads(file.read_bytes())["address"]
        return self

    def add(self, name: str, *modules: Path) -> subprocess.Popen:
        """Start a worker of one thread; `modules` are folders of modules that it alone has."""
        words = [self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name]
        words += ["--memory-limit", "0", "--local-directory", str(self.folder / name)]
        return self._start(name, "dask_worker", *words, modules=modules)

    def _start(
        self, name: str, program: str, *words: str, modules: tuple[Path, ...] = ()
    ) -> subprocess.Popen:
        path = os.pathsep.join(map(str, (ROOT, *modules)))
        (self.folder / name).mkdir()
        with open(self.folder / f"{name}.log", "wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", *words, *self._tls],
                cwd=self.folder / name,
                env={**os.environ, "PYTHONPATH": path},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                process_group=0,
            )
        return self.processes[name]

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            kill(process)


def kill(process: subprocess.Popen) -> None:
    """End a process and all that it has started, at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(condition, seconds: float = 120.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "expected it within the time, found that it is not so"
        time.sleep(0.05)
