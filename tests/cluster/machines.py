"""Machines for the campaign: a scheduler, workers and clients, each a process of its own over TCP.

Each has folders of its own. Where the system lets us, each has a network namespace and an address
of its own, and sees nothing of the others' folders (a file system in memory lies over them); else
all share 127.0.0.1, and the campaign says so: there a worker could read the client's folder.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.namespaces import can_separate, namespaces
from tests.cluster.recording import TRAININGS, Begun, begun_in

ROOT = Path(__file__).parents[2]
JOINED = "Registered to:"
LONGEST = 1800.0  # seconds that anything may take


@dataclass
class Machine:
    """A place for processes: a folder, an address, and a prefix that moves a command there."""

    name: str
    home: Path
    address: str
    prefix: tuple[str, ...] = ()
    processes: list[subprocess.Popen] = field(default_factory=list)

    def start(self, *words: str, **named: str) -> subprocess.Popen:
        """Start a Python process there; it leads a process group of its own."""
        self.home.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.home), **named}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        number = len(self.processes)
        with open(self.home / f"{number}.out", "wb") as out:
            with open(self.home / f"{number}.err", "wb") as err:
                process = subprocess.Popen(
                    [*self.prefix, sys.executable, *words],
                    cwd=self.home,
                    env=environment,
                    stdout=out,
                    stderr=err,
                    stdin=subprocess.DEVNULL,
                    process_group=0,
                )
        self.processes.append(process)
        return process

    def output(self, process: subprocess.Popen) -> tuple[str, str]:
        """What a process that has ended wrote to stdout and stderr."""
        number = self.processes.index(process)
        return tuple((self.home / f"{number}.{end}").read_text("utf-8") for end in ("out", "err"))

    def sees(self, path: Path) -> bool:
        """Whether a process there finds a file."""
        words = [*self.prefix, "test", "-e", str(path)]
        return subprocess.run(words, check=False).returncode == 0


def kill(process: subprocess.Popen, sent: int = signal.SIGKILL) -> None:
    """End a process and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, sent)
    process.wait()


class Cluster:
    """A scheduler on a machine, and workers on others, which record what they begin to train."""

    def __init__(self, machines: Mapping[str, Machine]) -> None:
        self.machines = machines
        self.port = free_port()
        self.scheduler: subprocess.Popen | None = None
        self.workers: dict[str, subprocess.Popen] = {}

    @property
    def address(self) -> str:
        """What --cluster takes."""
        return f"tcp://{self.machines['scheduler'].address}:{self.port}"

    def start_scheduler(self) -> None:
        """Start the scheduler, and wait until it listens."""
        words = ["-m", "distributed.cli.dask_scheduler", "--port", str(self.port)]
        words += ["--host", self.machines["scheduler"].address, "--no-dashboard"]
        self.scheduler = self.machines["scheduler"].start(*words)
        wait_for(lambda: listens(self.machines["client"], self.machines["scheduler"], self.port))

    def start_worker(self, name: str, nanny: bool = False, **named: str) -> None:
        """Start a worker of one thread."""
        machine = self.machines[name]
        words = ["-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1"]
        words += ["--host", machine.address, "--name", name, "--memory-limit", "0"]
        words += ["--nanny" if nanny else "--no-nanny", "--no-dashboard"]
        words += ["--local-directory", str(machine.home), "--death-timeout", "600"]
        words += ["--preload", "tests.cluster.recording"]
        place = str(machine.home / TRAININGS)
        self.workers[name] = machine.start(*words, **{TRAININGS: place}, **named)

    def has_joined(self, name: str) -> bool:
        """Whether a worker has found the scheduler, by what it says."""
        process = self.workers[name]
        return process.poll() is not None or JOINED in self.machines[name].output(process)[1]

    def begun(self) -> list[Begun]:
        """The trainings that were begun on the workers, in order."""
        found = [one for name, m in self.machines.items() for one in begun_in(m.home, name)]
        return sorted(found, key=lambda one: one.when)

    def close(self) -> None:
        """End everything."""
        for machine in self.machines.values():
            for process in machine.processes:
                kill(process)


@contextmanager
def machines(folder: Path, names: tuple[str, ...]) -> Iterator[dict[str, Machine]]:
    """Machines of these names: with namespaces, or, where there can be none, on 127.0.0.1."""
    folders = {name: folder / name for name in names}
    if not can_separate():
        yield {name: Machine(name, home, "127.0.0.1") for name, home in folders.items()}
        return
    with namespaces(folders) as found:
        yield {name: Machine(name, folders[name], *where) for name, where in found.items()}


def listens(client: Machine, server: Machine, port: int) -> bool:
    """Whether a client's machine can connect to a port."""
    code = f"import socket; socket.create_connection(('{server.address}', {port}), 1)"
    words = [*client.prefix, sys.executable, "-S", "-c", code]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def wait_for(condition: Callable[[], bool], seconds: float = LONGEST, pause: float = 0.2) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "expected it within the time, found that it is not so"
        time.sleep(pause)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]
