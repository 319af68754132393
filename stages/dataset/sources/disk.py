"""The data folder: what it means when it cannot be written, and how a file gets its name there."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipeline.context import Context
from pipeline.errors import StorageError
from pipeline.store.durable import check_free_space, fsync, fsync_folder, make_folder
from pipeline.store.locks import file_lock
from pipeline.store.troubles import in_the_way

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def writing(folder: Path, needed: int) -> Iterator[None]:
    """Make `folder`, see that `needed` bytes fit, and report failures of writing in one line."""
    try:
        make_folder(folder)
        check_free_space(folder, needed, "--data-dir")
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _no_space(folder, needed, str(error.strerror)) from error
        found = in_the_way(error) or error.strerror or error
        raise StorageError(
            f"{folder}: expected a folder that can be written, found: {found}; "
            "change its permissions or choose another with --data-dir"
        ) from error


@contextmanager
def alone(target: Path, what: str, context: Context) -> Iterator[None]:
    """Be the only process that writes `target`; say that it waits for another that `what` it."""

    def waiting(holder: str) -> None:
        context.info(f"waiting for another process that {what} {target}")

    with file_lock(Path(f"{target}.lock"), waiting, note=context.warn):
        yield


def publish(file: BinaryIO, part: Path, target: Path) -> None:
    """Give the complete `file`, written at `part`, its final name, durably; and close it."""
    file.flush()
    fsync(file.fileno())
    file.close()
    part.replace(target)
    fsync_folder(target.parent)


def megabytes(size: int | None) -> str:
    """A size for people."""
    return "an unknown number of MB" if size is None else f"{size / 1e6:,.1f} MB"


def _no_space(folder: Path, needed: int, found: str) -> StorageError:
    space = f"space for {megabytes(needed)}" if needed else "space to write"
    return StorageError(
        f"{folder}: expected {space}, found: {found}; free some or choose another folder with "
        "--data-dir, then run the same command again"
    )
