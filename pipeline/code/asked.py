"""What can be asked of a path, and the answer as the trace keeps it.

    kind            "file" or "folder"
    getsize, getmtime
    status          size, time and permissions of a file
    link            where it leads; "" where it is none
    bytes           the digest of what it holds; "" where that is nothing, or there is none
    access N        whether it may be used so (the number of `os.access`)

Each is None where nothing is there. The functions of `os` are those from before wraps.py replaces
them: to look at an answer again is not recorded.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from typing import Any

_stat, _access, _readlink, _lexists = os.stat, os.access, os.readlink, os.path.lexists


def answer(path: Any, what: str) -> Any:
    """The answer as it is now."""
    if what == "link":
        try:
            return os.fsdecode(_readlink(path))
        except (OSError, ValueError):
            return "" if _lexists(path) else None
    if what == "bytes":
        with suppress(OSError), open(path, "rb") as file:
            return hashlib.sha256(data).hexdigest()[:32] if (data := file.read()) else ""
        return ""
    if what.startswith("access"):
        with suppress(OSError, ValueError):
            return _access(path, int(what.removeprefix("access")))
        return False
    try:
        return describe_status(_stat(path), what)
    except (OSError, ValueError):
        return None


def describe_status(status: Any, what: str) -> Any:
    """The part of a file's status that was asked for, as a JSON value."""
    if status is None:
        return None
    kind = "folder" if stat.S_ISDIR(status.st_mode) else "file"
    if what == "kind" or (what == "status" and kind == "folder"):
        return kind
    size, time_ns, mode = status.st_size, status.st_mtime_ns, stat.S_IMODE(status.st_mode)
    return {"getsize": size, "getmtime": time_ns}.get(what, [size, time_ns, mode])


def path_of(given: Any, folder: int | None = None) -> Any:
    """A path, also of a folder that is open under a number, or below such a one (`dir_fd`)."""
    if folder is not None and not os.path.isabs(os.fspath(given)):
        place = path_of(folder)
        return given if place is folder else os.path.join(place, os.fsdecode(given))
    if isinstance(given, int):
        with suppress(OSError):
            return _readlink(f"/proc/self/fd/{given}")
        with suppress(OSError, ImportError, AttributeError):
            import fcntl

            return os.fsdecode(fcntl.fcntl(given, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))  # type: ignore[attr-defined]
    return given
