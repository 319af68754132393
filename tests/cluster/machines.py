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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
BRIDGE, NETWORK = "plbr0", "10.213.7"


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


def kill(process: subprocess.Popen, sent: int = signal.SIGKILL) -> None:
    """End a process and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, sent)
    process.wait()


class Cluster:
    """A scheduler on a machine, and workers on others."""

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

    def start_worker(self, name: str, nanny: bool = False) -> None:
        """Start a worker of one thread."""
        machine = self.machines[name]
        words = ["-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1"]
        words += ["--host", machine.address, "--name", name, "--memory-limit", "0"]
        words += ["--nanny" if nanny else "--no-nanny", "--no-dashboard"]
        words += ["--local-directory", str(machine.home), "--death-timeout", "600"]
        self.workers[name] = machine.start(*words)

    def close(self) -> None:
        """End everything."""
        for machine in self.machines.values():
            for process in machine.processes:
                kill(process)


@contextmanager
def machines(folder: Path, names: tuple[str, ...]) -> Iterator[dict[str, Machine]]:
    """Machines of these names: with namespaces, or, where there can be none, on 127.0.0.1."""
    if not can_separate():
        yield {name: Machine(name, folder / name, "127.0.0.1") for name in names}
        return
    made = []
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    try:
        run("ip", "addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        found = {}
        for number, name in enumerate(names, 2):
            space, inner, outer = f"pl-{name}", f"pli{number}", f"plo{number}"
            run("ip", "netns", "add", space)
            made.append(space)
            run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner)
            run("ip", "link", "set", inner, "netns", space)
            run("ip", "link", "set", outer, "master", BRIDGE, "up")
            address = f"{NETWORK}.{number}"
            inside = ("ip", "netns", "exec", space)
            run(*inside, "ip", "addr", "add", f"{address}/24", "dev", inner)
            run(*inside, "ip", "link", "set", inner, "up")
            run(*inside, "ip", "link", "set", "lo", "up")
            others = [folder / other for other in names if other != name]
            found[name] = Machine(name, folder / name, address, (*inside, *hidden(others)))
        for name in names:
            (folder / name).mkdir(parents=True, exist_ok=True)
        yield found
    finally:
        for space in made:
            run("ip", "netns", "del", space, check=False)
        run("ip", "link", "del", BRIDGE, check=False)


def hidden(folders: list[Path]) -> tuple[str, ...]:
    """What starts a process that sees nothing in these folders."""
    mounts = " && ".join(f"mount -t tmpfs none '{folder}'" for folder in folders)
    return ("unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', "sh")


def can_separate() -> bool:
    """Whether network and mount namespaces can be made here."""
    try:
        run("ip", "netns", "add", "pl-try")
    except (OSError, subprocess.CalledProcessError):
        return False
    try:
        run("ip", "netns", "exec", "pl-try", "unshare", "-m", "true")
        run("ip", "link", "add", "pltry0", "type", "bridge")
        run("ip", "link", "del", "pltry0")
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        run("ip", "netns", "del", "pl-try", check=False)
    return True


def run(*words: str, check: bool = True) -> None:
    subprocess.run(words, check=check, capture_output=True)


def listens(client: Machine, server: Machine, port: int) -> bool:
    """Whether a client's machine can connect to a port."""
    code = f"import socket; socket.create_connection(('{server.address}', {port}), 1)"
    done = subprocess.run([*client.prefix, sys.executable, "-c", code], capture_output=True)
    return done.returncode == 0


def wait_for(condition, seconds: float = 120.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "expected it within the time, found that it is not so"
        time.sleep(0.2)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]
