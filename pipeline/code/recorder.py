"""Recorder: keeps what one stage was seen to do, each thing as it was the first time."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_OF_PATHS = ("opened", "sources", "listed", "asked")
_KINDS = (*_OF_PATHS, "environment", "modules", "programs", "hosts")
_PACKAGES = re.compile(r"[/\\](site|dist)-packages[/\\]")
_stat = os.stat  # before it is replaced


class Recorder:
    """What one stage was seen to do. `seconds` is what recording it has cost."""

    def __init__(self, excluded: tuple[str, ...], watch: Callable[..., Any]) -> None:
        self.opened: dict[str, list[int] | None] = {}  # path as it was given → stamp; None: absent
        self.sources: dict[str, list[int] | None] = {}  # the same, read by the import system
        self.listed: dict[str, None] = {}
        self.asked: dict[tuple[str, str], Any] = {}  # (path, what of it) → answer
        self.environment: dict[str, str | None] = {}
        self.modules: dict[str, None] = {}
        self.programs: dict[tuple[str, ...], str] = {}  # command → folder
        self.hosts: dict[str, None] = {}
        self.native: dict[str, None] = {}  # those of `opened` that such code may have written, too
        self.written: dict[str, None] = {}
        self.renamed: dict[str, None] = {}  # what was made elsewhere: all in it is the stage's own
        self.set_variables: dict[str, None] = {}
        self.outdated: set[str] = set()  # paths opened that another stage had seen otherwise
        self.inherited: set[str] = set()  # paths that another stage has opened
        self.seconds, self.begun = 0.0, file_clock()
        self.folder = os.getcwd()
        self.excluded = excluded
        self.watch = watch  # what its workers are watched with
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
        if text and not os.path.isabs(text):  # a stage may go to another folder
            with suppress(OSError):
                if (here := os.getcwd()) != self.folder:
                    text = os.path.join(here, text)
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
        if path and path not in getattr(self, kind) and not self.has_made(self.whole(path)):
            self.note(kind, path, stamp_of(path))

    def has_made(self, whole: str) -> bool:
        """Whether the stage wrote a path itself, or renamed a folder around it to its name."""
        if whole in self.written:
            return True
        while self.renamed and whole not in self.renamed and os.path.dirname(whole) != whole:
            whole = os.path.dirname(whole)
        return whole in self.renamed

    def has_read(self) -> bool:
        """Whether anything was seen that a result may depend on."""
        return any(getattr(self, kind) for kind in _KINDS)

    def inherit(self, other: Recorder) -> None:
        """Take over what another stage was seen to read: a cache may hold it (kept.py)."""
        for kind in _KINDS:
            own = getattr(self, kind)
            for key, value in [*getattr(other, kind).items()]:
                if kind in _OF_PATHS:
                    path = key[0] if kind == "asked" else key
                    if self.path(other.whole(path)) is None or other.has_made(other.whole(path)):
                        continue
                    if self.folder != other.folder:
                        path = other.whole(path)
                        key = (path, key[1]) if kind == "asked" else path
                if kind == "opened":
                    if key in own and own[key] != value:
                        self.outdated.add(key)
                    elif key not in own or key in other.inherited:
                        self.inherited.add(key)
                    own.setdefault(key, value)
                else:
                    own[key] = value
        self.outdated |= other.outdated


def file_clock() -> int:
    """The time in nanoseconds as file systems of this machine write it: some ms behind."""
    with suppress(OSError, AttributeError):
        if sys.platform == "linux":
            return time.clock_gettime_ns(5)  # CLOCK_REALTIME_COARSE
    return time.time_ns()


def stamp_of(path: str) -> list[int] | None:
    """By which a file is known to be the same; None where there is none."""
    try:
        status = _stat(path)
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
