"""Delimited text: the rows of a table in a CSV or TSV file.

It is UTF-8, with or without a byte order mark; the first line names the columns; cells are
separated by the one of comma, semicolon and tab that the first line has most of, and may be quoted
(RFC 4180).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from stages.dataset.formats.inflate import ByteStream
from stages.dataset.formats.rows import ROWS, Batch, check_columns

CELL = 1 << 17  # characters
SEPARATORS = ",;\t"


class Csv:
    """A `Reader` of delimited text. Raises `DataError`, with the line, on anything else."""

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
        rows: list[list[str]] = []
        lines: list[int] = []
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
