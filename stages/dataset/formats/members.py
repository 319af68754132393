"""The files of a dataset, in order, out of a folder or an archive.

Only known names are looked at, and only the last part of each; nothing is extracted. An archive
may hold its files in any order (the official one has the test batch before batches 5 and 2). It is
read once, front to back; a file that comes too early waits in an unnamed temporary file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from pipeline.errors import DataError, StorageError
from pipeline.store.files import Files
from stages.dataset.formats.blobs import archive_members, last_part
from stages.dataset.formats.inflate import BLOCK, ByteStream
from stages.dataset.formats.known import HEAD, expect_known
from stages.dataset.formats.layout import (
    CLASSES_FILE,
    expect_both,
    expect_records,
    is_known,
    rank,
)


class Bytes(Protocol):
    """Bytes that are read front to back: a `ByteStream`, or a member of an archive."""

    def read_into(self, target: memoryview, /) -> int:
        """Fill `target` as far as there are bytes, and return how far."""


@dataclass(frozen=True)
class DataFile:
    """A known file: its last name, where it is (for messages), its size and its bytes."""

    name: str
    where: str
    size: int
    stream: Bytes

    def read_into(self, target: memoryview) -> None:
        """Fill `target` with the file's next bytes. Raises `DataError` where it has not so many."""
        if self.stream.read_into(target) < len(target):
            raise DataError(
                f"{self.where}: expected {self.size:,} bytes, found the end before; get it again"
            )


def data_files(source: Files, advance: Callable[[int], Any]) -> Iterator[DataFile]:
    """The known files of `source`: training in natural order, then test; class names anywhere.

    Each must be read before the next is asked for. `advance` is called with the number of bytes
    taken from the source as they are taken. Raises `DataError` where the source is no dataset: no
    archive, damaged, a known file twice or as a link, of a wrong size, none to train, none to test.
    """
    known = [file.path for file in source.files if is_known(file.path.name)]
    if known or len(source.files) != 1:
        return _sized(_in_folder(known, advance))
    return _in_order(_sized(_in_archive(source.files[0].path, advance)))


def _open(path: Path) -> BinaryIO:
    try:
        return open(path, "rb", 0)
    except OSError as error:
        raise DataError(f"expected a readable file at {path}: {error.strerror}") from error


def _in_folder(paths: list[Path], advance: Callable[[int], Any]) -> Iterator[DataFile]:
    expect_both([path.name for path in paths], paths[0].parent if paths else "the source")
    for path in sorted(paths, key=lambda path: rank(path.name)):
        with _open(path) as file:
            stream = ByteStream(file, path, advance, unpack=False)
            yield DataFile(path.name, str(path), path.stat().st_size, stream)


def _in_archive(path: Path, advance: Callable[[int], Any]) -> Iterator[DataFile]:
    """The known files of an archive, in its own order."""
    seen: dict[str, None] = {}
    with _open(path) as file:
        expect_known(file.read(HEAD), path)
    for member in archive_members(path, advance):
        name = last_part(member.name)
        if is_known(name):
            if not member.is_file:
                raise DataError(
                    f"{member.where}: expected a file, found a link, a folder or the like; "
                    "use another archive"
                )
            if name in seen:
                raise DataError(
                    f"{member.where}: expected one {name} in the archive, found two; "
                    "use another archive"
                )
            yield DataFile(name, member.where, member.size, member)
        seen[name] = None
    expect_both(seen, path)


def _sized(files: Iterator[DataFile]) -> Iterator[DataFile]:
    """Refuse wrong sizes before anything is made of them."""
    records = 0
    for file in files:
        if file.name != CLASSES_FILE:
            records += expect_records(file.where, file.size, records)
        yield file


def _in_order(files: Iterator[DataFile]) -> Iterator[DataFile]:
    """Hand out what is next at once; let the rest wait until nothing can come before it."""
    import tempfile  # here and not above: commands that decode nothing start faster without it

    waiting: dict[
        tuple[Any, ...], tuple[DataFile, int]
    ] = {}  # by rank: the file, where it is in `store`
    following = 1
    with tempfile.TemporaryFile(buffering=0) as store:
        for file in files:
            if file.name == CLASSES_FILE:
                yield file
                continue
            if rank(file.name) == (1, following):
                following += 1
                yield file
            else:
                waiting[rank(file.name)] = file, _spool(file, store)
            while (1, following) in waiting:
                yield _back(*waiting.pop((1, following)), store)
                following += 1
        for key in sorted(waiting):
            yield _back(*waiting[key], store)


def _spool(file: DataFile, store: BinaryIO) -> int:
    """Copy a file to the end of `store`, and return where it begins there."""
    start, left, buffer = store.seek(0, 2), file.size, memoryview(bytearray(BLOCK))
    while left:
        block = buffer[:left]
        file.read_into(block)
        left -= len(block)
        try:
            while block:
                block = block[store.write(block) :]
        except OSError as error:
            raise StorageError(
                f"expected space for {file.size:,} bytes in the folder for temporary files, found: "
                f"{error.strerror}; free some, or set TMPDIR to another folder"
            ) from error
    return start


def _back(file: DataFile, start: int, store: BinaryIO) -> DataFile:
    store.seek(start)
    stream = ByteStream(store, Path(file.where), unpack=False)
    return DataFile(file.name, file.where, file.size, stream)
