"""Parquet: the rows of a table in a Parquet file, by pyarrow.

pip install 'cifar-pipeline[tables]'
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, DataError
from stages.dataset.formats.layout import shown
from stages.dataset.formats.rows import ROWS, Batch, check_columns


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
