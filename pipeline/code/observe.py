"""What a stage is seen to read while it runs.

Python's audit hooks see files that are opened, folders that are listed, programs that are started
and hosts that are called; wraps.py adds what raises no audit event: environment variables, whether
a file is there, modules that are imported by a computed name. A recorder keeps what was seen first;
trace.py makes of it what the next plan checks.

A hook cannot be taken out again, so it is added with the first stage that runs, and does nothing
while none does. Events of a thread that a stage has started belong to that stage; where several
stages run at once and it cannot be told whose thread it is, to all of them.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipeline.code.workers import collect
from pipeline.code.wraps import asks_on_its_own, wrapped

_WRITES = os.O_WRONLY | os.O_RDWR
_ACTIVE: dict[int, Recorder] = {}  # by the thread that runs the stage
_LOCK = threading.Lock()
_PACKAGES = re.compile(r"[/\\](site|dist)-packages[/\\]")
_stat = os.stat
_hooked = False


class Recorder:
    """What one stage was seen to do. `seconds` is what recording it has cost."""

    def __init__(self, excluded: tuple[str, ...]) -> None:
        self.opened: dict[str, list[int] | None] = {}  # path as it was given → stamp; None: absent
        self.sources: dict[str, list[int] | None] = {}  # the same, read by the import system
        self.listed: dict[str, None] = {}
        self.asked: dict[tuple[str, str], Any] = {}  # (path, what of it) → answer
        self.environment: dict[str, str | None] = {}
        self.modules: dict[str, None] = {}
        self.programs: dict[tuple[str, ...], str] = {}  # command → folder
        self.hosts: dict[str, None] = {}
        self.written: dict[str, None] = {}
        self.set_variables: dict[str, None] = {}
        self.seconds = 0.0
        self.folder = os.getcwd()
        self.excluded = excluded
        self.watch = observed  # what its workers are watched with
        self.sink: int | None = None  # of a worker: where it reports to
        self.reports: str | None = None  # of a stage: the folder that its workers report to
        self.outside = set(sys._current_frames()) - {threading.get_ident()}

    def note(self, kind: str, key: Any, value: Any = None) -> None:
        """Keep what was seen, the first time."""
        known = getattr(self, kind)
        if key not in known:
            known[key] = value
            if self.sink is not None:
                os.write(self.sink, (json.dumps([kind, key, value]) + "\n").encode())

    def path(self, given: Any) -> str | None:
        """A path as text; None where it is none, or below what never counts."""
        if isinstance(given, int) or given is None:
            return None
        text = os.fsdecode(given)
        whole = os.path.normpath(os.path.join(self.folder, text)) if text else ""
        if not whole or (whole + os.sep).startswith(self.excluded) or _PACKAGES.search(whole):
            return None
        return text

    def whole(self, path: str) -> str:
        """A path that was given to the stage, from the root."""
        return os.path.normpath(os.path.join(self.folder, path))

    def wrote(self, given: Any) -> None:
        if path := self.path(given):
            self.note("written", self.whole(path))

    def read(self, given: Any, kind: str = "opened") -> None:
        path = self.path(given)
        if path and path not in getattr(self, kind) and self.whole(path) not in self.written:
            self.note(kind, path, stamp_of(path))


def stamp_of(path: str) -> list[int] | None:
    """By which a file is known to be the same; None where there is none."""
    try:
        status = _stat(path)
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


@contextmanager
def observed(excluded: tuple[str, ...]) -> Iterator[Recorder]:
    """Record what this thread, and those that it starts, are seen to read. Paths that begin with
    one of `excluded` never count."""
    global _hooked
    recorder = Recorder(excluded)
    with _LOCK:
        if not _hooked:
            sys.addaudithook(_hook)
            _hooked = True
        first = not _ACTIVE
        _ACTIVE[threading.get_ident()] = recorder
        if first:
            wrapped.start(_recorders)
    try:
        yield recorder
    finally:
        with _LOCK:
            _ACTIVE.pop(threading.get_ident(), None)
            if not _ACTIVE:
                wrapped.stop()
        collect(recorder)


def _recorders() -> list[Recorder]:
    """Those that an event of this thread belongs to."""
    thread = threading.get_ident()
    if thread in _ACTIVE:
        return [_ACTIVE[thread]]
    return [recorder for recorder in list(_ACTIVE.values()) if thread not in recorder.outside]


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _ACTIVE and event in _EVENTS:
        for recorder in _recorders():
            started = time.perf_counter()
            with suppress(Exception):  # to watch a program must never change what it does
                _EVENTS[event](recorder, *arguments)
            recorder.seconds += time.perf_counter() - started


def _open(recorder: Recorder, path: Any, mode: Any, flags: int) -> None:
    if isinstance(path, int):
        return
    if flags & _WRITES:
        if mode is None or "+" not in str(mode) or flags & (os.O_TRUNC | os.O_EXCL):
            recorder.wrote(path)
            return
        recorder.read(path)
        recorder.wrote(path)
        return
    text = os.fsdecode(path)
    if text.endswith((".py", ".pyc")):
        reader = _reader()
        if reader == "display":
            return
        if reader == "import":
            recorder.read(_source_of(text), "sources")
            return
    recorder.read(path)


def _reader() -> str:
    """Who reads a source: the import system, what shows tracebacks and warnings, or the stage."""
    frame: Any = sys._getframe(3)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name in ("importlib._bootstrap_external", "runpy", "zipimport"):
            return "import"
        if name in ("traceback", "warnings"):
            return "display"
        if name not in ("linecache", "tokenize", "codecs", __name__):
            return ""
        frame = frame.f_back
    return ""


def _source_of(path: str) -> str:
    from importlib.util import source_from_cache

    with suppress(ValueError):
        return source_from_cache(path) if path.endswith(".pyc") else path
    return path


def _list(recorder: Recorder, path: Any = None) -> None:
    found = recorder.path("." if path is None else path)
    if found and not asks_on_its_own():
        recorder.note("listed", found)


def _move(recorder: Recorder, source: Any, target: Any, *_: Any) -> None:
    recorder.wrote(target)


def _start(recorder: Recorder, program: Any, command: Any, folder: Any = None, *_: Any) -> None:
    words = (command,) if isinstance(command, str | bytes | Path) else command
    words = tuple(os.fsdecode(word) for word in words)
    place = recorder.whole(os.fsdecode(folder)) if isinstance(folder, str | Path) else ""
    recorder.note("programs", words or (os.fsdecode(program),), place or os.getcwd())


def _system(recorder: Recorder, command: Any) -> None:
    recorder.note("programs", ("sh", "-c", os.fsdecode(command)), os.getcwd())


def _connect(recorder: Recorder, _: Any, address: Any) -> None:
    if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1", "localhost")):
        recorder.note("hosts", str(address[0]))


def _database(recorder: Recorder, path: Any) -> None:
    text = os.fsdecode(path) if not isinstance(path, int) else ""
    text = text.removeprefix("file:").partition("?")[0]
    if text and text != ":memory:":
        recorder.read(text)


def _variable(recorder: Recorder, name: Any, *_: Any) -> None:
    recorder.note("set_variables", os.fsdecode(name))


_EVENTS: dict[str, Callable[..., None]] = {
    "open": _open,
    "os.listdir": _list,
    "os.scandir": _list,
    "os.rename": _move,
    "os.link": _move,
    "os.symlink": _move,
    "os.mkdir": lambda recorder, path, *_: recorder.wrote(path),
    "os.truncate": lambda recorder, path, *_: recorder.wrote(path),
    "os.remove": lambda recorder, path, *_: recorder.wrote(path),
    "subprocess.Popen": _start,
    "os.posix_spawn": _start,
    "os.spawn": lambda recorder, mode, path, command, *_: _start(recorder, path, command),
    "os.exec": _start,
    "os.system": _system,
    "os.putenv": _variable,
    "os.unsetenv": _variable,
    "socket.connect": _connect,
    "sqlite3.connect": _database,
    "ctypes.dlopen": lambda recorder, path, *_: path and "/" in path and recorder.read(path),
}
