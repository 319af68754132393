"""Parquet: the rows of a table in a Parquet file, by pyarrow.

pip install 'cifar-pipeline[tables]'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, DataError
from stages.dataset.formats.dropped import drop_flag
from stages.dataset.formats.layout import shown
from stages.dataset.formats.rows import ROWS, Batch, check_columns

INDEX = re.compile(r"__index_level_[0-9]+__")  # as pandas calls that of a DataFrame


class Parquet:
    """A `Reader` of a Parquet file; `DataError` on anything else, `ConfigError` without pyarrow."""

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
        self._unread: dict[str, str] = {}  # columns of other types, to be left out
        for name, kind in zip(schema.names, schema.types, strict=True):
            kind = kind.value_type if types.is_dictionary(kind) else kind
            if INDEX.fullmatch(name):  # it says where a row stood, and often with that its class
                self._unread[name] = "the index of a DataFrame"
            elif not (
                types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
                or types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind)
                or types.is_decimal(kind)
            ):  # fmt: skip
                self._unread[name] = str(kind)

    def batches(self) -> Iterator[Batch]:
        first = 1
        with self._errors():
            for batch in self._file.iter_batches(ROWS):
                columns = dict(zip(self.columns, batch.columns, strict=True))
                lines = range(first, first + batch.num_rows)
                yield Batch(lines, _Cells(columns, self._unread, self._path))
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


class _Cells(Mapping[str, list[Any]]):
    """The cells of a batch by column, made when they are asked for: some may be left out.

    Raises `DataError` for a column that holds neither numbers nor texts.
    """

    def __init__(self, columns: Mapping[str, Any], unread: Mapping[str, str], path: Path) -> None:
        self._columns, self._unread, self._path = columns, unread, path

    def __getitem__(self, name: str) -> list[Any]:
        if name in self._unread:
            raise DataError(
                f"{self._path}, column {shown(name)}: expected numbers or texts, found "
                f"{self._unread[name]}; make another column of it, or leave it out with "
                f"{drop_flag(name)}"
            )
        cells = self._columns[name].to_pylist()
        return [str(cell).lower() if isinstance(cell, bool) else cell for cell in cells]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)
