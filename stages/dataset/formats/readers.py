"""Readers of tables: CSV, TSV and Parquet as batches of rows, column by column.

CSV is UTF-8, with or without a byte order mark; the first line names the columns; cells are
separated by the one of comma, semicolon and tab that the first line has most of, and may be quoted
(RFC 4180). It may be packed (.gz, .bz2, .xz), or the one table in a zip archive. Parquet needs
pyarrow: `pip install 'cifar-pipeline[tables]'`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.errors import ConfigError, DataError
from pipeline.store.files import File, Files, open_file
from stages.dataset.formats import zips
from stages.dataset.formats.blobs import blobs
from stages.dataset.formats.inflate import ByteStream
from stages.dataset.formats.layout import shown

ROWS = 4096  # of a batch
COLUMNS = 100_000
LONGEST = 100  # characters of a column's name
CELL = 1 << 17  # characters
SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Batch:
    """Rows of a table: the line of each (the row, of what has no lines), the cells by column."""

    lines: Sequence[int]
    cells: Mapping[str, Sequence[Any]]


class Reader(Protocol):
    """A table: its columns and its rows, to be gone through once."""

    columns: list[str]

    def batches(self) -> Iterator[Batch]:
        """All rows, in order."""


@contextmanager
def reader_of(path: Path) -> Iterator[Reader]:
    """The reader of the table at `path`. Raises `DataError` where there is none."""
    with ExitStack() as stack:
        file = stack.enter_context(open_file(path))
        head = file.read(4)
        file.seek(0)
        if head == b"PAR1":
            yield _Parquet(path, file)
            return
        if zips.looks_like_zip(head):
            yield _in_zip(path, stack)
            return
        yield _Csv(path, ByteStream(file, path))


def _in_zip(path: Path, stack: ExitStack) -> Reader:
    def wanted(name: str) -> bool:
        return name.lower().endswith((".csv", ".tsv", ".parquet")) and not name.startswith(".")

    found = blobs(Files((File(path, 0, ""),)), wanted, stack)
    if len(found) != 1:
        names = ", ".join(shown(name) for name in sorted(found)[:8]) or "none"
        raise DataError(f"{path}: expected one table in the archive, found {names}")
    (blob,) = found.values()
    if blob.name.lower().endswith(".parquet"):
        return _Parquet(Path(blob.where), blob.open())
    return _Csv(Path(blob.where), blob.stream())


def check_columns(names: Sequence[str], path: object) -> list[str]:
    """The names of the columns; `DataError` unless each can be shown and comes once."""
    if not 2 <= len(names) <= COLUMNS:
        raise DataError(
            f"{path}: expected 2 to {COLUMNS:,} columns, found {len(names):,}"
            + (f" ({shown(names[0])})" if len(names) == 1 else "")
        )
    seen: set[str] = set()
    for place, name in enumerate(names):
        if not 0 < len(name) <= LONGEST or not name.isprintable():
            raise DataError(
                f"{path}: expected a name of 1 to {LONGEST} printable characters for column "
                f"{place + 1}, found {shown(name)}; correct the first line"
            )
        if name in seen:
            raise DataError(
                f"{path}: expected different names of columns, found {shown(name)} twice; rename "
                "one"
            )
        seen.add(name)
    return list(names)


class _Csv:
    def __init__(self, path: Path, stream: ByteStream) -> None:
        self._path = path
        text = io.TextIOWrapper(io.BufferedReader(_Raw(stream)), "utf-8-sig", newline="")
        with self._errors():
            first = text.readline(1 << 24)
            separator = max(SEPARATORS, key=first.count)
            csv.field_size_limit(CELL)
            lines = _chained(first, text, path)
            self._rows = csv.reader(lines, delimiter=separator, strict=True)
            self.columns = check_columns([name.strip() for name in next(self._rows, [])], path)

    def batches(self) -> Iterator[Batch]:
        rows, lines = [], []
        while True:
            line = self._rows.line_num + 1
            with self._errors():
                row = next(self._rows, None)
            if rows and (row is None or len(rows) == ROWS):
                cells = dict(zip(self.columns, zip(*rows, strict=True), strict=True))
                yield Batch(lines, cells)
                rows, lines = [], []
            if row is None:
                return
            if len(row) == len(self.columns):
                rows.append(row)
                lines.append(line)
            elif row:  # a line without anything is passed over
                raise DataError(
                    f"{self._path}: expected {len(self.columns)} cells, as in the first line, "
                    f"found {len(row)} in line {line}; correct it"
                )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self._path}: expected UTF-8 text, found the byte {error.object[error.start]:#x}"
                f" after line {(getattr(self, '_rows', None) and self._rows.line_num) or 0}; save "
                "the table as UTF-8"
            ) from error
        except csv.Error as error:
            line = self._rows.line_num if hasattr(self, "_rows") else 1
            raise DataError(
                f"{self._path}: expected CSV, found a mistake in line {line} ({error}); correct it"
            ) from error


def _chained(first: str, text: io.TextIOWrapper, path: Path) -> Iterator[str]:
    yield first
    while line := text.readline(1 << 24):
        if len(line) == 1 << 24:
            raise DataError(f"{path}: expected lines of at most {1 << 24:,} characters, found more")
        yield line


class _Raw(io.RawIOBase):
    """A `ByteStream` as a file."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        return self._stream.read_into(memoryview(target))


class _Parquet:
    def __init__(self, path: Path, file: Any) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise ConfigError(
                "Parquet needs pyarrow, which is not installed; install it with: "
                "pip install 'cifar-pipeline[tables]'"
            ) from None
        self._path, self._arrow = path, pyarrow
        with self._errors():
            self._file = pyarrow.parquet.ParquetFile(file)
            schema = self._file.schema_arrow
        self.columns = check_columns(schema.names, path)
        types = pyarrow.types
        for name, kind in zip(schema.names, schema.types, strict=True):
            kind = kind.value_type if types.is_dictionary(kind) else kind
            if not (
                types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
                or types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind)
                or types.is_decimal(kind)
            ):  # fmt: skip
                raise DataError(
                    f"{path}, column {shown(name)}: expected numbers or texts, found {kind}; make "
                    "another column of it"
                )

    def batches(self) -> Iterator[Batch]:
        first = 1
        with self._errors():
            for batch in self._file.iter_batches(ROWS):
                cells = {
                    name: [str(c).lower() if isinstance(c, bool) else c for c in column.to_pylist()]
                    for name, column in zip(self.columns, batch.columns, strict=True)
                }
                yield Batch(range(first, first + batch.num_rows), cells)
                first += batch.num_rows

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (self._arrow.ArrowException, OSError) as error:
            words = " ".join(str(error).split())
            raise DataError(
                f"{self._path}: expected a Parquet file that can be read, found none ({words}); "
                "get it again"
            ) from error
