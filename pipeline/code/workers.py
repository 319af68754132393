"""Worker processes of a stage: what they read is reported to the process that started them.

Hooks do not reach into other processes. So each process that `multiprocessing` starts while a stage
is watched (pools of `concurrent.futures` too) records for itself, and writes what it sees, line by
line, to a file in a folder of the stage's: a worker that is killed has reported what it had seen.
A worker that outlives its stage (of a pool of a module's) goes on, and what it reports belongs to
the stages that run then.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Watched:
    """The target of a worker process, with a recorder around it. It is pickled."""

    def __init__(self, target: Callable[..., Any], recorder: Any) -> None:
        self._target, self._folder = target, recorder.reports
        self._excluded, self._watch = recorder.excluded, recorder.watch

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        path = os.path.join(self._folder, f"{os.getpid()}.jsonl")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        with self._watch((*self._excluded, self._folder + os.sep)) as recorder:
            recorder.sink = os.open(path, flags, 0o600)
            return self._target(*arguments, **keywords)


def watch_worker(process: Any, recorders: list[Any]) -> None:
    """Let a process that is about to start report to these recorders."""
    target = getattr(process, "_target", None)
    for recorder in recorders if target is not None else ():
        if recorder.reports is None:
            recorder.reports = tempfile.mkdtemp(prefix="observed-")
        process._target = Watched(process._target, recorder)
        _FOLDERS.setdefault(recorder.reports, (recorder, []))[1].append(process)


def collect(recorder: Any) -> None:
    """Add to a recorder what workers have reported since others have asked: those of its own stage,
    and those that earlier stages have left."""
    with _LOCK:
        for folder, (owner, processes) in [*_FOLDERS.items()]:
            under_way = owner is not recorder and owner.reports is not None
            with suppress(OSError):
                _read(folder, owner if under_way else recorder)
            if not (under_way or any(map(_is_alive, processes))):
                del _FOLDERS[folder]
                shutil.rmtree(folder, ignore_errors=True)
        recorder.reports = None


def _read(folder: str, recorder: Any) -> None:
    with os.scandir(folder) as found:
        paths = sorted(entry.path for entry in found)
    for path in paths:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.seek(_READ.get(path, 0))
            for line in iter(file.readline, ""):
                with suppress(ValueError, TypeError):  # of a worker that was killed
                    kind, key, value = json.loads(line)
                    key = tuple(key) if isinstance(key, list) else key
                    recorder.note(kind, key, value)
            _READ[path] = file.tell()


def _is_alive(process: Any) -> bool:
    try:
        return bool(process.is_alive())
    except (ValueError, AssertionError):  # closed, or of the process that this one was forked from
        return False


@atexit.register
def _remove() -> None:
    for folder in _FOLDERS if os.getpid() == _OWN else ():
        shutil.rmtree(folder, ignore_errors=True)


_LOCK = threading.Lock()
# Of stages that have started workers: the stage's recorder, and the processes.
_FOLDERS: dict[str, tuple[Any, list[Any]]] = {}
_READ: dict[str, int] = {}  # how far each report has been read
_OWN = os.getpid()
