"""Watch: every file operation below a folder, seen before and after it is done.

    with watching(root, watcher):
        ...

    watcher.before(operation)       may raise an OSError: then the operation fails with it
    watcher.after(operation)        the operation has been done
    watcher.takes(size)             how many bytes of a write are written

Python's own calls are replaced while the block runs: `open`, and those of `os` that the store, its
caches, its locks and `shutil.rmtree` are made of. What is mapped into memory is out of sight. A
write that fails has written half of its bytes, as on a disk that fills up.
"""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHANGES = {"create", "truncate", "write", "fsync", "mkdir", "rename", "unlink", "rmdir", "utime"}
LOOKS = {"open", "read", "stat", "list"}

BY_PATH = {
    "mkdir": "mkdir",
    "unlink": "unlink",
    "remove": "unlink",
    "rmdir": "rmdir",
    "utime": "utime",
    "stat": "stat",
    "lstat": "stat",
    "listdir": "list",
    "scandir": "list",
}
REAL = {name: getattr(os, name) for name in (*BY_PATH, "open", "rename", "replace", "fsync")}
REAL_OPEN = builtins.open


@dataclass(frozen=True)
class Operation:
    """What is done to `path`: `kind` is one of `CHANGES` or `LOOKS`.

    `target` is the new path of a rename; `offset` and `data` belong to a write.
    """

    kind: str
    path: str
    target: str = ""
    offset: int = 0
    data: bytes = b""


class Watcher:
    """Looks on and lets everything pass."""

    def before(self, operation: Operation) -> None:
        """The operation is about to be done."""

    def after(self, operation: Operation) -> None:
        """The operation has been done."""

    def takes(self, size: int) -> int:
        """How many bytes a write of `size` takes; a system may take less than it is given."""
        return size


@contextmanager
def watching(root: Path, watcher: Watcher) -> Iterator[None]:
    """Show `watcher` all file operations below `root`, whichever thread does them."""
    calls = _Calls(root, watcher)
    try:
        builtins.open = io.open = calls.open_file
        for name, kind in BY_PATH.items():
            setattr(os, name, calls.by_path(REAL[name], kind))
        os.rename = os.replace = calls.rename
        os.open, os.fsync = calls.open, calls.fsync
        yield
    finally:
        builtins.open = io.open = REAL_OPEN
        for name, function in REAL.items():
            setattr(os, name, function)


class _Calls:
    """What stands in for the calls of `os` and for `open`."""

    def __init__(self, root: Path, watcher: Watcher) -> None:
        self.watcher = watcher
        self._root = os.path.realpath(root)

    def where(self, path: Any, folder: int | None = None) -> str:
        """The absolute path that a call means; empty where it is not the root or below it."""
        if isinstance(path, int):
            path = os.readlink(f"/proc/self/fd/{path}")
        elif folder is not None:
            path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fspath(path))
        path = os.fsdecode(os.path.abspath(path))
        return path if f"{path}/".startswith(f"{self._root}/") else ""

    def seen(self, operation: Operation, call: Callable[[], Any]) -> Any:
        if not operation.path:
            return call()
        self.watcher.before(operation)
        result = call()
        self.watcher.after(operation)
        return result

    def by_path(self, real: Callable[..., Any], kind: str) -> Callable[..., Any]:
        def call(path: Any = ".", *args: Any, **kwargs: Any) -> Any:
            operation = Operation(kind, self.where(path, kwargs.get("dir_fd")))
            return self.seen(operation, lambda: real(path, *args, **kwargs))

        return call

    def rename(self, source: Any, target: Any) -> None:
        operation = Operation("rename", self.where(source), self.where(target))
        self.seen(operation, lambda: REAL["rename"](source, target))

    def fsync(self, descriptor: int) -> None:
        operation = Operation("fsync", self.where(descriptor))
        self.seen(operation, lambda: REAL["fsync"](descriptor))

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        where, kind = self.where(path, dir_fd), "open"
        if where and flags & os.O_CREAT and not _exists(where):
            kind = "create"
        elif flags & os.O_TRUNC:
            kind = "truncate"
        call = lambda: REAL["open"](path, flags, mode, dir_fd=dir_fd)  # noqa: E731
        return self.seen(Operation(kind, where), call)

    def open_file(
        self, file: Any, mode: str = "r", buffering: int = -1, *args: Any, **kwargs: Any
    ) -> Any:
        if isinstance(file, int) or kwargs.get("opener") or not self.where(file):
            return REAL_OPEN(file, mode, buffering, *args, **kwargs)
        raw = _File(self, file, mode.replace("b", "").replace("t", ""))
        if buffering == 0:
            return raw
        if raw.readable() and raw.writable():
            buffered: Any = io.BufferedRandom(raw)
        else:
            buffered = (io.BufferedWriter if raw.writable() else io.BufferedReader)(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *args, **kwargs)


def _exists(path: str) -> bool:
    try:
        REAL["lstat"](path)
    except FileNotFoundError:
        return False
    return True


class _File(io.FileIO):
    """A raw file whose every read and write is seen."""

    def __init__(self, calls: _Calls, path: Any, mode: str) -> None:
        self._calls = calls
        super().__init__(path, mode, opener=calls.open)

    def write(self, data: Any) -> int:
        data = bytes(data)
        data = data[: self._calls.watcher.takes(len(data))]
        where = self._calls.where(self.fileno())
        operation = Operation("write", where, offset=self.tell(), data=data)
        try:
            return self._calls.seen(operation, lambda: super(_File, self).write(data))
        except OSError:
            super().write(data[: len(data) // 2])
            raise

    def readinto(self, buffer: Any) -> int:
        return self._read(lambda: super(_File, self).readinto(buffer))

    def readall(self) -> bytes:
        return self._read(super().readall)

    def read(self, size: int = -1) -> bytes:
        return self._read(lambda: super(_File, self).read(size))

    def _read(self, call: Callable[[], Any]) -> Any:
        return self._calls.seen(Operation("read", self._calls.where(self.fileno())), call)
