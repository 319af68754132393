"""The few file operations that a result's survival hangs on.

A rename is atomic, but neither it nor the bytes behind it are durable before an fsync: of the file
first, of the folder that names it after. A new folder is no exception: it is there for good once
the folder that names it is synced, and so on upwards.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import StorageError

_NO_SYNC = {errno.EINVAL, errno.EBADF, errno.ENOTSUP}  # some file systems sync no file or folder
_ABANDONED = 3600.0  # seconds without a byte, after which nobody writes a temporary file any more


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file and wait until its bytes are on the disk."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        fsync(file.fileno())


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file that takes the place of `path` when the block ends well: whole, or not at all.

    Its folder must be there; `FileNotFoundError` where it is not, or where a link leads nowhere. Of
    many writers each has a file of its own, also where containers share a folder and processes
    their numbers; the last one counts. A file that a killed writer left is removed by the next one
    an hour later. A link is followed. What is not a regular file (a pipe, /dev/stdout) is written
    to directly.
    """
    path = _followed(path)
    if path.exists() and not path.is_file():
        with open(path, "wb") as file:
            yield file
        return
    for left in path.parent.glob(f".{'[0-9a-f]' * 16}.part"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED:
                left.unlink()
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:
            yield file
            file.flush()
            fsync(file.fileno())
        part.replace(path)
        fsync_folder(path.parent)
    except OSError as error:
        error.filename = str(path)  # the name that the user knows
        raise
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def expect_replaceable(path: Path) -> None:
    """Raise the `OSError` with which `replacing(path)` would begin, without changing anything."""
    path = _followed(path)
    if not path.exists() or path.is_file():
        # As `tempfile` and `secrets` would do it, which are slow to import.
        part = path.with_name(f".{os.urandom(8).hex()}.part")
        part.touch(exist_ok=False)
        part.unlink()


def _followed(path: Path) -> Path:
    """The file that a path means. A link to a file that is not there is refused, not followed: the
    user named the link, and nothing is made beside what the user names."""
    if path.is_symlink() and not path.exists():
        raise FileNotFoundError(errno.ENOENT, "it is a link that leads nowhere", str(path))
    return Path(os.path.realpath(path))


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, and wait until they are on the disk."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        fsync_folder(path.parent)


def fsync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can do that."""
    if os.name == "nt":  # Windows opens no folder, and its renames need no such help
        return
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # a folder may be written and not read
        return
    try:
        fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync(descriptor: int) -> None:
    """Wait until a file is on the disk, where its file system can say so."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def check_free_space(folder: Path, size: int, flag: str = "--artifacts-dir") -> None:
    """Raise `StorageError` where the disk of `folder` has less than `size` bytes to give.

    `flag` is the one that named the folder.
    """
    import shutil  # here and not above: it is slow to import

    free = shutil.disk_usage(folder).free
    if free < size:
        raise StorageError(
            f"{folder}: expected space for {size / 1e6:,.1f} MB, found: {free / 1e6:,.1f} MB free; "
            f"free some or choose another folder with {flag}, then run the same command again"
        )
