"""What each audit event of Python says that a stage does, reported to its recorder.

Each function is called by the hook of observe.py, and directly: two of them look at the frames
below the hook, and count on it that `_getframe(3)` is who raised the event.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pipeline.code.asked import answer, path_of
from pipeline.code.askers import asks_on_its_own
from pipeline.code.recorder import Recorder

_WRITES = os.O_WRONLY | os.O_RDWR
# Who may stand between a file and the one who reads it.
_BETWEEN = {"linecache", "tokenize", "codecs", "pipeline.code.observe", __name__}


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
        if name not in _BETWEEN:
            return ""
        frame = frame.f_back
    return ""


def _source_of(path: str) -> str:
    from importlib.util import source_from_cache

    with suppress(ValueError):
        return source_from_cache(path) if path.endswith(".pyc") else path
    return path


def _list(recorder: Recorder, path: Any = None) -> None:
    found = recorder.path("." if path is None else path_of(path))
    if found and not asks_on_its_own():
        recorder.note("listed", found)


def _move(recorder: Recorder, source: Any, target: Any, *_: Any) -> None:
    recorder.wrote(target)


def _rename(recorder: Recorder, source: Any, target: Any, *_: Any) -> None:
    path = recorder.path(source)
    made = path and recorder.whole(path) in recorder.written
    if made and (place := recorder.path(target)):
        recorder.renamed[recorder.whole(place)] = None
    _move(recorder, source, target)


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
    if text.startswith("file:"):
        text = unquote(text.removeprefix("file:").partition("?")[0])
        text = "/" + text.lstrip("/") if text.startswith("///") else text
    if text and text != ":memory:":
        recorder.read(text)
        log = f"{text}-wal"  # which holds what the file does not yet
        if recorder.path(log) and not recorder.has_made(recorder.whole(text)):
            recorder.note("asked", (log, "bytes"), answer(log, "bytes"))


def _variable(recorder: Recorder, name: Any, *_: Any) -> None:
    recorder.note("set_variables", os.fsdecode(name))


def _library(recorder: Recorder, path: Any) -> None:
    if path and "/" in path:
        recorder.read(path)


EVENTS: dict[str, Callable[..., None]] = {
    "open": _open,
    "os.listdir": _list,
    "os.scandir": _list,
    "os.rename": _rename,
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
    "ctypes.dlopen": _library,
}
