"""Troubles: what an error of the operating system means, in the one line that helps its user.

full       no space, no quota, too large a file
refused    no rights, read-only, not there, something else there
limits     no more open files, processes, threads, memory
unable     the file system or the kernel cannot do it, or was interrupted
broken     the disk fails: reported as well, and no mistake of the user's
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StorageError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
REFUSED = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EEXIST),
    *(errno.ENAMETOOLONG, errno.EISDIR, errno.ELOOP),
}
LIMITS = {errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}
UNABLE = {
    *(errno.EXDEV, errno.EINTR, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS),
    *(errno.EBUSY, errno.EMLINK, errno.ETXTBSY, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT),
}
BROKEN = {errno.EIO, getattr(errno, "ESTALE", errno.EIO)}
LESS = "end other programs or raise the limits (ulimit -n, ulimit -u)"
AGAIN = "then run the same command again"


def is_of_reader(error: OSError) -> bool:
    """Whether something could not be read for want of rights, memory or open files. It may be
    whole: to take it for damaged would be to make it anew, or to begin a training again."""
    return error.errno in {*LIMITS, errno.EACCES, errno.EPERM}


def in_the_way(error: OSError) -> str:
    """What lies where a folder was to be made, in words; "" where that is not the error."""
    if not isinstance(error, FileExistsError):
        return ""
    return "a link that leads nowhere" if os.path.islink(error.filename or "") else "a file"


@contextmanager
def storage_errors(folder: Path, flag: str = "--artifacts-dir") -> Iterator[None]:
    """Turn an `OSError` of writing below `folder` into the one line that helps its user.

    `flag` is the one that named the folder. That a disk is broken is not the user's mistake: such
    an error, and one of no known kind, stays what it is.
    """
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        other = f"choose another folder with {flag}"
        if error.errno in FULL:
            raise StorageError(
                f"{where}: expected space to write, found none ({os.strerror(error.errno)}); "
                f"free some space or {other}; nothing stored was lost: {AGAIN}"
            ) from error
        if error.errno == errno.ENOTDIR:  # which no permissions change
            words = "expected a folder that can be written, found: a file"
            raise StorageError(f"{where}: {words}; {other}") from error
        if error.errno in REFUSED:
            found = in_the_way(error) or error.strerror
            raise StorageError(
                f"{where}: expected a folder that can be written, found: {found}; "
                f"change its permissions or {other}"
            ) from error
        if error.errno in LIMITS:
            raise StorageError(
                f"{where}: expected to be let write, found: {error.strerror}; {LESS}, {AGAIN}"
            ) from error
        if error.errno in UNABLE | {errno.EINVAL, errno.ENOTEMPTY}:
            raise StorageError(
                f"{where}: expected a file system that can do it, found: {error.strerror}; "
                f"run the same command again, or {other}"
            ) from error
        raise


def explained(error: BaseException) -> tuple[str, bool] | None:
    """The line for an error of the machine, and whether its user can mend it; None for a bug."""
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return f"expected to be let start a thread, found a limit; {LESS}, {AGAIN}", True
    if not isinstance(error, OSError):
        return None
    number, found = error.errno, f"found: {error.strerror}"
    where = f"{error.filename}: " if error.filename else ""
    if number in FULL:
        return (
            f"{where or 'stdout: '}expected space to write, {found}; free some space, {AGAIN}",
            True,
        )
    if number == errno.ENOENT and not _has_folder():
        words = "expected a folder to work in, found none: the current one was deleted"
        return f"{words}; go to another one (cd), {AGAIN}", True
    place = where or "a stored file: "
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        words = "change its permissions or choose another folder"
        return f"{place}expected what may be read, {found}; {words}", True
    if number in LIMITS:
        return (
            f"{where}expected to be let open files and start processes, {found}; {LESS}, {AGAIN}",
            True,
        )
    if number in UNABLE or (number == errno.EINVAL and error.filename):
        return f"{place}expected a system that can do it, {found}; run the same command again", True
    if number in BROKEN:
        return f"{place}expected a disk that works, {found}; see to the disk, {AGAIN}", False
    return None


def _has_folder() -> bool:
    """Whether the folder that this process works in is there."""
    try:
        return bool(os.getcwd())
    except OSError:
        return False
