"""What is asked of paths through functions that raise no audit event; see wraps.py.

Each method is called with the answer (None where the function raised) and the arguments.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from stat import S_ISDIR, S_ISLNK
from typing import Any

from pipeline.code.asked import answer, describe_status, path_of
from pipeline.code.askers import KINDS, ON_THEIR_OWN, asker_of
from pipeline.code.recorder import Recorder

_NATIVE = {"polars", "pyarrow"}  # which look before they read or write; see native_reads.py


class PathRecords:
    """Tells the recorders of an event what was asked of a path."""

    def __init__(self, recorders: Callable[[], list[Recorder]]) -> None:
        self._recorders = recorders

    def asked(
        self, status: Any, path: Any, *, dir_fd: Any = None, follow_symlinks: Any = True
    ) -> None:
        asker, method = asker_of()
        if asker in ON_THEIR_OWN or asker in _NATIVE or isinstance(path, int):
            return
        what = "kind" if method in KINDS else method
        what = what if what in ("kind", "getsize", "getmtime") else "status"
        place = path_of(path, dir_fd)
        if not follow_symlinks or method == "samefile":
            self._note(place, "link", answer(place, "link"), status)
        if follow_symlinks or (what == "status" and status and not S_ISLNK(status.st_mode)):
            self._note(place, what, describe_status(status, what))

    def asked_of_link(self, status: Any, path: Any, *, dir_fd: Any = None) -> None:
        self.asked(status, path, dir_fd=dir_fd, follow_symlinks=False)

    def followed(self, target: Any, path: Any, *, dir_fd: Any = None) -> None:
        if asker_of()[0] not in ON_THEIR_OWN:
            place = path_of(path, dir_fd)
            self._note(place, "link", answer(place, "link"))

    def accessed(self, can: Any, path: Any, mode: int, *, dir_fd: Any = None, **_: Any) -> None:
        if asker_of()[0] not in ON_THEIR_OWN and not isinstance(path, int):
            self._note(path_of(path, dir_fd), f"access{mode}", bool(can))

    def _note(self, path: Any, what: str, found: Any, status: Any = None) -> None:
        """Keep what was asked of a path, but for what the stage has made. That the folders which it
        runs in are no links is not worth a word: in another place it runs just as well."""
        for recorder in self._recorders():
            name = recorder.path(path)
            if not name or recorder.has_made(whole := recorder.whole(name)):
                continue
            around = (recorder.folder + os.sep).startswith(whole.rstrip(os.sep) + os.sep)
            if not (around and status is not None and S_ISDIR(status.st_mode)):
                recorder.note("asked", (name, what), found)

    def opened(self, file: Any, path: Any, flags: int, *_: Any, dir_fd: Any = None) -> None:
        """The audit event does not tell which folder a path starts from."""
        if dir_fd is None or file is None or S_ISDIR(os.fstat(file).st_mode):
            return
        for recorder in self._recorders():
            place = path_of(path, dir_fd)
            if not flags & (os.O_WRONLY | os.O_RDWR) or not flags & (os.O_TRUNC | os.O_EXCL):
                recorder.read(place)
            if flags & (os.O_WRONLY | os.O_RDWR):
                recorder.wrote(place)
