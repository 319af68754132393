"""Spool: rows that come too early wait in an unnamed temporary file until it is their turn.

Training examples come before test examples in all artifacts; in an archive or a table they may
stand in any order, and neither is held in memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from pipeline.errors import StorageError

Block = dict[str, "np.ndarray"]  # a name: NumPy is imported when it is first used
Reading = Generator[Block, None, dict[str, Any]]  # blocks, and in the end the dataset's record


class Spool:
    """Blocks of arrays (rows of one shape and type by name); to be closed, best by `with`."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._blocks: list[dict[str, tuple[np.dtype, tuple[int, ...]]]] = []

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, block: Block) -> None:
        """Keep a block."""
        try:
            for array in block.values():
                self._file.write(np.ascontiguousarray(array).data)
        except OSError as error:
            raise StorageError(
                "expected space in the folder for temporary files, found: "
                f"{error.strerror}; free some, or set TMPDIR to another folder"
            ) from error
        self._blocks.append({name: (a.dtype, a.shape) for name, a in block.items()})

    def blocks(self) -> Iterator[Block]:
        """What was kept, in order."""
        self._file.seek(0)
        for described in self._blocks:
            block = {}
            for name, (dtype, shape) in described.items():
                block[name] = np.empty(shape, dtype)
                self._file.readinto(block[name].reshape(-1).data.cast("B"))
            yield block


def train_first(blocks: Iterator[tuple[np.ndarray, Block]]) -> Iterator[Block]:
    """Blocks with, for each, which of its rows test (bool): training rows, then test rows."""
    with Spool() as spool:
        for test, block in blocks:
            late = {name: rows[test] for name, rows in block.items()}
            early = {name: rows[~test] for name, rows in block.items()} if test.any() else block
            if test.any():
                spool.put(late)
            if len(test) > test.sum():
                yield early
        yield from spool.blocks()
