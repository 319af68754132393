"""What an input may not do, whatever it holds.

While an input is read, Python's audit events (PEP 578) are watched: every file opened for writing,
made, renamed or removed outside the named folders, every program started, every connection to
another machine, every object unpickled is an offence, and so is opening a file that only its path
could have led to. A timer ends what hangs; an address space limit ends what eats memory. At the end
of a batch the folders around are compared with what they held before.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

MEMORY = 3 << 30  # bytes of address space, of which NumPy and its threads take some at once
PATIENCE = 20.0  # seconds
SECRET = "secret.txt"

_CHANGES = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
}
_CHANGES |= {"os.chmod", "os.chown", "os.utime"}
_FORBIDDEN = ("pickle.find_class", "subprocess.", "os.system", "os.exec", "os.posix_spawn")
_FORBIDDEN += ("os.fork", "os.spawn")
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


_armed: list[Guard] = []


@cache
def _hook_once() -> None:
    """A hook cannot be taken out again, and every event calls all of them: so one for all.

    The first time that an old threadpoolctl is asked for BLAS, it starts a program that looks for
    the C library: that's no input's doing."""
    threadpool_info()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        for guard in _armed:
            guard.see(event, arguments)

    sys.addaudithook(hook)


class Hang(BaseException):
    """An input took longer than `PATIENCE`. No handler of errors may take it for one of its own."""


class Guard:
    """Watches over a sandbox: `folder` is the input's own, `folder.parent` holds nothing to touch.

    Used as `with guard.watch():` around each input; `offences` lists what was done that may not be.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder, self.temporary, self.caches = root / "work", root / "tmp", root / "caches"
        for path in (self.folder, self.temporary, self.caches, root / "home", root / "here"):
            path.mkdir()
        (root / SECRET).write_text("secret")
        self.offences: list[str] = []
        self._allowed = (f"{self.folder}/", f"{self.temporary}/", f"{self.caches}/")
        self._now = os.open(root / "now", os.O_WRONLY | os.O_CREAT)
        _hook_once()

    def settle(self, memory: int | None = MEMORY) -> None:
        """Make this process live in the sandbox: folders, memory, the timer."""
        os.chdir(self.root / "here")
        os.environ["HOME"] = str(self.root / "home")
        os.environ["XDG_CACHE_HOME"] = str(self.caches)
        tempfile.tempdir = str(self.temporary)
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    def note(self, text: str) -> None:
        """Write down what comes next, for the case that nobody is left to report it."""
        os.pwrite(self._now, text.ljust(40).encode(), 0)

    @contextmanager
    def watch(self, reads_anywhere: bool) -> Iterator[None]:
        """Note the offences of the block, and end it with `Hang` where it takes too long."""
        self.offences.clear()
        self._reads_anywhere = reads_anywhere
        previous = signal.signal(signal.SIGALRM, _end)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        _armed.append(self)
        try:
            yield
        finally:
            _armed.remove(self)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)

    def surroundings(self) -> dict[str, tuple[int, int]]:
        """All that lies in the sandbox beside the input's own folder, with size and time."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            apart = {path, *path.parents} & {self.folder, self.caches}
            if path.name != "now" and not apart:
                status = path.lstat()
                found[str(path)] = (status.st_size, 0 if path.is_dir() else status.st_mtime_ns)
        return found

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, int):
                return
            if (flags or 0) & _WRITING or set(mode or "") & set("wxa+"):
                self._check(event, path)
            elif not self._reads_anywhere and os.fsdecode(path).endswith(SECRET):
                self.offences.append(f"{event} {path!r}")
        elif event in _CHANGES:
            if event in ("os.remove", "os.rmdir") and arguments[1] != -1:
                return  # relative to a folder that is open: part of a shutil.rmtree
            ends = 2 if event in ("os.rename", "os.link", "os.symlink") else 1
            for path in arguments[:ends]:
                self._check(event, path)
        elif event in _NETWORK:
            host = arguments[1] if event == "socket.connect" else arguments
            if host[0] != "127.0.0.1":
                self.offences.append(f"{event} {host!r:.200}")
        elif event.startswith(_FORBIDDEN):
            self.offences.append(f"{event} {arguments!r:.200}")

    def _check(self, event: str, path: Any) -> None:
        if isinstance(path, int):
            return
        whole = f"{os.path.abspath(os.fsdecode(path))}/"
        # Python compiles a module that is first imported now, in a clone where none has been.
        compiled = "/__pycache__/" in whole and not whole.startswith(f"{self.root}/")
        if not (compiled or whole.startswith(self._allowed)):
            self.offences.append(f"{event} {path!r}")


def peak(reset: bool = False) -> int:
    """The highest resident memory of this process in bytes, since the last reset where it can."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        text = Path("/proc/self/status").read_text()
        return int(text.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _end(number: int, frame: Any) -> None:
    raise Hang(f"still running after {PATIENCE:g} s")
