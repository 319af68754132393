"""Blobs: named bytes out of a folder, a tar or a zip archive, in any order and more than once.

What lies in an archive is copied to an unnamed temporary file first, as far as it is wanted; a
file of its own stays where it is. Nothing is ever extracted under a name from outside.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import DataError, StorageError
from pipeline.store.files import Files, open_file
from stages.dataset.formats import zips
from stages.dataset.formats.inflate import BLOCK, ByteStream
from stages.dataset.formats.layout import shown
from stages.dataset.formats.tar import BYTES, MEMBERS, members

Silent: Callable[[int], Any] = lambda amount: None  # noqa: E731


@dataclass(frozen=True)
class Member:
    """A file in an archive: its name there, its size, and its bytes, to be read at once."""

    name: str
    where: str
    size: int
    is_file: bool
    read_into: Callable[[memoryview], int]


@dataclass(frozen=True)
class Blob:
    """Named bytes: `name` is the last part, `where` is for messages."""

    name: str
    where: str
    size: int
    open: Callable[[], BinaryIO]

    def stream(self, unpack: bool = False) -> ByteStream:
        """The bytes from their beginning, decompressed if `unpack` and they are packed."""
        return ByteStream(self.open(), Path(self.where), unpack=unpack)

    def read(self, most: int) -> bytes:
        """All bytes. Raises `DataError` where there are more than `most`."""
        if self.size > most:
            raise DataError(f"{self.where}: expected at most {most:,} bytes, found {self.size:,}")
        return self.stream().read(self.size)


def blobs(
    source: Files, wanted: Callable[[str], bool], stack: ExitStack, advance: Any = Silent
) -> dict[str, Blob]:
    """Those files of a source whose last names are wanted, by that name.

    They can be read as long as `stack` is open. Raises `DataError` on a name that comes twice, is
    no file, or on an archive that is damaged.
    """
    found: dict[str, Blob] = {}
    if len(source.files) > 1 or wanted(source.files[0].path.name):
        for file in source.files:
            if wanted(file.path.name):
                opened = stack.enter_context(open_file(file.path))
                found[file.path.name] = _window(opened, 0, file.size, str(file.path))
                advance(file.size)
        return found
    store = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    for member in archive_members(source.files[0].path, advance):
        name = last_part(member.name)
        if not wanted(name):
            continue
        if not member.is_file:
            raise DataError(
                f"{member.where}: expected a file, found a link, a folder or the like; use another "
                "archive"
            )
        if name in found:
            raise DataError(
                f"{member.where}: expected one {shown(name)} in the archive, found two; use "
                "another archive"
            )
        found[name] = _window(store, _keep(member, store), member.size, member.where)
    store.flush()  # it may be mapped
    return found


def archive_members(
    path: Path, advance: Callable[[int], Any] = Silent, limit: int | None = None
) -> Iterator[Member]:
    """The files of a tar archive (packed or not) or of a zip archive, in its own order.

    Each must be read before the next is asked for. Raises `DataError` where it is damaged.
    """
    with open_file(path) as file:
        if zips.looks_like_zip(file.read(4)):
            for name, size, read_into in zips.members(path, limit or MEMBERS, advance):
                where = f"{path}: {shown(name)}"
                yield Member(name, where, size, not name.endswith("/"), read_into)
            return
        file.seek(0)
        stream = ByteStream(file, path, advance)
        for member in members(stream, limit):
            where = f"{path}: {shown(member.name)}"
            yield Member(member.name, where, member.size, member.is_file, stream.read_into)


def last_part(name: str) -> str:
    """The last part of a path in an archive."""
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def read_member(member: Member, most: int) -> bytes:
    """All bytes of a member. Raises `DataError` where there are more than `most`, or fewer."""
    if member.size > most:
        raise DataError(f"{member.where}: expected at most {most:,} bytes, found {member.size:,}")
    data = bytearray(member.size)
    _fill(member, memoryview(data))
    return bytes(data)


def _keep(member: Member, store: BinaryIO) -> int:
    """Copy a member to the end of `store`, and return where it begins there."""
    start, left, buffer = store.seek(0, 2), member.size, memoryview(bytearray(BLOCK))
    if start + left > BYTES:
        raise DataError(f"{member.where}: expected at most {BYTES:,} bytes, found more")
    while left:
        block = buffer[:left]
        _fill(member, block)
        left -= len(block)
        try:
            store.write(block)
        except OSError as error:
            raise StorageError(
                f"expected space for {member.size:,} bytes in the folder for temporary files, "
                f"found: {error.strerror}; free some, or set TMPDIR to another folder"
            ) from error
    return start


def _fill(member: Member, target: memoryview) -> None:
    if member.read_into(target) < len(target):
        raise DataError(
            f"{member.where}: expected {member.size:,} bytes, found the end before; get it again"
        )


def _window(file: BinaryIO, start: int, size: int, where: str) -> Blob:
    name = last_part(where)
    return Blob(name, where, size, lambda: io.BufferedReader(_Window(file, start, size), BLOCK))


class _Window(io.RawIOBase):
    """`size` bytes of a file from `start` on, to be read as a file of their own."""

    def __init__(self, file: Any, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def place(self, at: int) -> tuple[BinaryIO, int]:
        """The file around these bytes, and where in it the byte `at` is."""
        return self._file, self._start + at

    def readinto(self, target: Any) -> int:
        self._file.seek(self._start + self._at)
        view = memoryview(target)[: max(self._size - self._at, 0)]
        count: int = self._file.readinto(view) if view else 0
        self._at += count
        return count
