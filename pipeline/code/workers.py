"""Worker processes of a stage: what they read is reported to the process that started them.

Hooks do not reach into other processes. So each process that `multiprocessing` starts while a stage
is watched (pools of `concurrent.futures` too) records for itself, and writes what it sees, line by
line, to a file in a folder of the stage's: a worker that is killed has reported what it had seen.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
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


def collect(recorder: Any) -> None:
    """Add to a recorder what the workers of its stage have reported."""
    if recorder.reports is None:
        return
    with os.scandir(recorder.reports) as found:
        paths = sorted(entry.path for entry in found)
    for path in paths:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                with suppress(ValueError, TypeError):  # of a worker that was killed
                    kind, key, value = json.loads(line)
                    key = tuple(key) if isinstance(key, list) else key
                    recorder.note(kind, key, value)
    shutil.rmtree(recorder.reports, ignore_errors=True)
    recorder.reports = None
