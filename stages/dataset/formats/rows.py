"""Rows: a table as batches of rows, column by column, whatever file they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.errors import DataError
from stages.dataset.formats.layout import shown

ROWS = 4096  # of a batch
COLUMNS = 100_000
LONGEST = 100  # characters of a column's name


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


def check_columns(names: Sequence[str], path: object) -> list[str]:
    """The names of the columns; `DataError` unless each can be shown and comes once."""
    if not 2 <= len(names) <= COLUMNS:
        raise DataError(
            f"{path}: expected 2 to {COLUMNS:,} columns, found {len(names):,}"
            + (f" ({shown(names[0])}); {_advice(names)}" if len(names) == 1 else "")
        )
    seen: set[str] = set()
    for place, name in enumerate(names):
        if not 0 < len(name) <= LONGEST or not name.isprintable():
            raise DataError(
                f"{path}: expected a name of 1 to {LONGEST} printable characters for column "
                f"{place + 1}, found {shown(name)}; {_advice(names)}"
            )
        if name in seen:
            raise DataError(
                f"{path}: expected different names of columns, found {shown(name)} twice; rename "
                "one"
            )
        seen.add(name)
    return list(names)


def _advice(names: Sequence[str]) -> str:
    """What the first line of a table seems to be, where it does not name the columns."""
    if names[0].lower().startswith("sep="):
        return f"remove the first line, which tells Excel {shown(names[0])}"
    if not names[0] and all(names[1:]):
        return "the index of a DataFrame has no name: write the table with to_csv(…, index=False)"
    if names[0] and not any(names[1:]):
        return "the first line names the columns: remove a title above it"
    return "correct the first line"
