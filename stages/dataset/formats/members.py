"""The files of a dataset, in order, out of a folder or an archive.

Only known names are looked at, and only the last part of each; nothing is extracted. An archive
may hold its files in any order (the official one has the test batch before batches 5 and 2). It is
read once, front to back; a file that comes too early waits in an unnamed temporary file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import DataError, StorageError
from pipeline.store.files import Files
from stages.dataset.formats.inflate import BLOCK, ByteStream, decompressor
from stages.dataset.formats.layout import (
    CLASSES_FILE,
    expect_both,
    expect_records,
    is_known,
    rank,
    shown,
)
from stages.dataset.formats.tar import looks_like_tar, members

HEAD = 1024  # bytes of a file that tell whether it is an archive


@dataclass(frozen=True)
class DataFile:
    """A known file: its last name, where it is (for messages), its size and its bytes."""

    name: str
    where: str
    size: int
    stream: ByteStream

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


def check_archive(path: Path, name: str) -> None:
    """Read an archive through, as far as its own checksums go. Raises `DataError` with `name`."""
    with _open(path) as file:
        expect_archive(file.read(HEAD), name)
        file.seek(0)
        for _ in members(ByteStream(file, Path(name))):
            pass


KNOWN = (
    (b"PK", "a ZIP archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"7z", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8", "a JPEG image"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x80", "a Python pickle"),
    (b"{", "JSON"),
)


def what_else(head: bytes) -> str | None:
    """What begins with `head`, the first `HEAD` bytes of a file, if no archive.

    None if one, and where the bytes are too few to tell.
    """
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return "a web page (HTML or XML)"
    if not head:
        return "an empty file"
    if len(head) < HEAD or decompressor(head) or looks_like_tar(head):
        return None
    known = (words for magic, words in KNOWN if head.startswith(magic))
    return next(known, f"bytes that begin {head[:4].hex(' ')}")


def expect_archive(head: bytes, what: object) -> None:
    """Raise `DataError` unless `head`, the first `HEAD` bytes of `what`, begins an archive."""
    if found := what_else(head):
        raise DataError(
            f"{what}: expected an archive (.tar, .tar.gz, .tar.bz2 or .tar.xz), found {found}; "
            "check where it comes from and get it again"
        )


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
        expect_archive(file.read(HEAD), path)
        file.seek(0)
        stream = ByteStream(file, path, advance)
        for member in members(stream):
            name = member.name.rstrip("/").rsplit("/", 1)[-1]
            if is_known(name):
                where = f"{path}: {shown(member.name)}"
                if not member.is_file:
                    raise DataError(
                        f"{where}: expected a file, found a link, a folder or the like; "
                        "use another archive"
                    )
                if name in seen:
                    raise DataError(
                        f"{where}: expected one {name} in the archive, found two; "
                        "use another archive"
                    )
                yield DataFile(name, where, member.size, stream)
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

    waiting: dict[tuple, tuple[DataFile, int]] = {}  # by rank: the file, where it is in `store`
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
                waiting[rank(file.name)] = file, _put_aside(file, store)
            while (1, following) in waiting:
                yield _back(*waiting.pop((1, following)), store)
                following += 1
        for key in sorted(waiting):
            yield _back(*waiting[key], store)


def _put_aside(file: DataFile, store: BinaryIO) -> int:
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
                f"expected room for {file.size:,} bytes in the folder for temporary files, found: "
                f"{error.strerror}; free some, or set TMPDIR to another folder"
            ) from error
    return start


def _back(file: DataFile, start: int, store: BinaryIO) -> DataFile:
    store.seek(start)
    stream = ByteStream(store, Path(file.where), unpack=False)
    return DataFile(file.name, file.where, file.size, stream)
