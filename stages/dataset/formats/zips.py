"""Zip archives: their members one after the other, without trusting what they promise.

A member is decompressed as it is read and never beyond the size that the archive names for it; one
that stands for a hundred times its bytes is refused before. Checksums are verified by reading on
to the end. Names stay names: nothing is extracted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from pipeline.store.files import open_file
from stages.dataset.formats.inflate import FREE, RATIO
from stages.dataset.formats.known import ZIP
from stages.dataset.formats.layout import shown

ENCRYPTED = 1  # a bit of the flags


def looks_like_zip(head: bytes) -> bool:
    """Whether a file that begins with `head` is a zip archive."""
    return head[:4] in ZIP


def is_zip(path: Path) -> bool:
    """Whether the file at `path` is a zip archive."""
    with open_file(path) as file:
        return looks_like_zip(file.read(4))


def names(path: Path, limit: int) -> list[str]:
    """The names of all members. Raises `DataError` on a damaged archive, or more than `limit`."""
    with _opened(path, limit) as archive:
        return [info.filename for info in archive.infolist()]


def check(path: Path, name: str, limit: int) -> None:
    """Read all members through. Raises `DataError` with `name`."""
    scratch = memoryview(bytearray(1 << 18))
    try:
        for _, _, read_into in members(path, limit, lambda amount: None):
            while read_into(scratch):
                pass
    except DataError as error:
        raise DataError(str(error).replace(str(path), name)) from error


def members(
    path: Path, limit: int, advance: Callable[[int], Any]
) -> Iterator[tuple[str, int, Callable[[memoryview], int]]]:
    """(name, size, read_into) of each member, to be read before the next is asked for."""
    with _opened(path, limit) as archive:
        for info in archive.infolist():
            with _named(path, info.filename):
                if info.flag_bits & ENCRYPTED:
                    raise ValueError("it is encrypted")
                if info.file_size > FREE + RATIO * info.compress_size:
                    raise ValueError(
                        f"it stands for more than {RATIO} times its bytes, as no data do"
                    )
                file = archive.open(info)
            with file:
                yield info.filename, info.file_size, _reader(path, info.filename, file)
            advance(info.compress_size)


def _reader(path: Path, name: str, file: Any) -> Callable[[memoryview], int]:
    def read_into(target: memoryview) -> int:
        filled = 0
        with _named(path, name):
            while filled < len(target) and (count := file.readinto(target[filled:])):
                filled += count
            if filled == len(target):
                file.peek(1)  # at the end, the checksum is verified
        return filled

    return read_into


@contextmanager
def _opened(path: Path, limit: int) -> Iterator[Any]:
    import zipfile  # here and not above: it is slow to import

    with _named(path, None):
        archive = zipfile.ZipFile(path)
    with archive:
        if len(archive.infolist()) > limit:
            raise DataError(
                f"{path}: expected at most {limit:,} files in the archive, found "
                f"{len(archive.infolist()):,}"
            )
        yield archive


@contextmanager
def _named(path: Path, name: str | None) -> Iterator[None]:
    """Turn what the library raises on damaged archives into one line."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # BadZipFile, zlib.error, NotImplementedError, EOFError, OSError …
        where = path if name is None else f"{path}: {shown(name)}"
        raise DataError(
            f"{where}: expected a zip archive that can be read, found none "
            f"({str(error) or type(error).__name__}); get it again"
        ) from error
