"""Readers of tables: whichever reads a file, as its first bytes show.

CSV and TSV may be packed (.gz, .bz2, .xz); a table of any kind may be the one in a zip or a
tar archive.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline.errors import DataError
from pipeline.store.files import File, Files, open_file
from stages.dataset.formats import zips
from stages.dataset.formats.blobs import blobs
from stages.dataset.formats.delimited import Csv
from stages.dataset.formats.inflate import ByteStream
from stages.dataset.formats.known import HEAD, PARQUET
from stages.dataset.formats.layout import shown
from stages.dataset.formats.parquet import Parquet
from stages.dataset.formats.rows import Reader
from stages.dataset.formats.tar import looks_like_tar

TABLES = (".csv", ".tsv", ".parquet")


@contextmanager
def reader_of(path: Path) -> Iterator[Reader]:
    """The reader of the table at `path`. Raises `DataError` where there is none."""
    with ExitStack() as stack:
        file = stack.enter_context(open_file(path))
        head = file.read(HEAD)
        file.seek(0)
        if head.startswith(PARQUET):
            yield Parquet(path, file)
            return
        stream = ByteStream(file, path)
        if zips.looks_like_zip(head) or looks_like_tar(stream.peek(HEAD)):
            yield _in_archive(path, stack)
            return
        yield Csv(path, stream)


def _in_archive(path: Path, stack: ExitStack) -> Reader:
    def wanted(name: str) -> bool:
        return name.lower().endswith(TABLES) and not name.startswith(".")

    found = blobs(Files((File(path, 0, ""),)), wanted, stack)
    if len(found) != 1:
        names = ", ".join(shown(name) for name in sorted(found)[:8]) or "none"
        raise DataError(f"{path}: expected one table in the archive, found {names}")
    (blob,) = found.values()
    if blob.name.lower().endswith(".parquet"):
        return Parquet(Path(blob.where), blob.open())
    return Csv(Path(blob.where), blob.stream())
