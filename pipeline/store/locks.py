"""Locks: of one result, held while it is made, and of the whole store.

    key_lock      one process makes a result; a second one waits, and then reuses
    store_lock    shared by all that use the store, exclusive for `gc`, which clears it out

Both are advisory locks of the kernel (flock), which releases those of a dead process. A lock's file
is removed by its holder: after a wait one looks whether the file that one has is still the one of
that name. Where the file system has no locks (some network file systems and containers) the file
lies in the folder for temporary files instead: it keeps apart the processes of one machine, and
`note` says so. Windows locks results by other means (filelock), and stores not at all: do not run
`gc` beside others there.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.store.durable import make_folder
from pipeline.store.troubles import storage_errors

try:
    import fcntl
except ImportError:  # pragma: no cover  # Windows
    fcntl = None  # type: ignore[assignment]

UNSUPPORTED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}
NOTE = (
    "expected a file system with locks, found none ({why}): processes of this machine are kept "
    "apart all the same; do not use the folder from two machines at once"
)
_noted: set[str] = set()


@contextmanager
def file_lock(
    path: Path,
    waiting: Callable[[str], None],
    *,
    exclusive: bool = True,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[None]:
    """Hold the lock file `path`; its folder is there.

    `waiting(holder)` is called once where somebody else has it, `note(text)` once in a process
    where the file system has no locks. An exclusive holder writes into the file who it is, and
    removes it at the end.
    """
    if fcntl is None:  # pragma: no cover  # Windows
        with _other_lock(path, waiting):
            yield
        return
    descriptor, path = _acquire(path, waiting, exclusive, note)
    holder = os.getpid()
    try:
        yield
    finally:
        with suppress(OSError):
            if exclusive and os.getpid() == holder:
                os.unlink(path)
        _release(descriptor, holder)


@contextmanager
def store_lock(
    root: Path,
    *,
    exclusive: bool,
    waiting: Callable[[], None],
    create: bool = False,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[None]:
    """Hold the lock of the store at `root`; `waiting` is called once where it must be waited for.

    A store that is not there, and that is not to be made (`create`), needs no lock; nor, to be
    read, does one that cannot be written and has no lock file, for it has never been used.
    """
    held = None
    with storage_errors(root) if exclusive else suppress(OSError):
        if create:
            make_folder(root)
        if fcntl is not None and root.is_dir():
            held = _acquire(root / ".lock", lambda holder: waiting(), exclusive, note)[0]
    holder = os.getpid()
    try:
        yield
    finally:
        if held is not None:
            _release(held, holder)


def _release(descriptor: int, holder: int) -> None:
    """Let go of a lock. A process that was forked meanwhile has a copy of the descriptor, and would
    keep it, or wait for itself; nor does its own end let go of it."""
    with suppress(OSError):
        if os.getpid() == holder:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    with suppress(OSError):
        os.close(descriptor)


def _acquire(
    path: Path, waiting: Callable[[str], None], exclusive: bool, note: Callable[[str], None]
) -> tuple[int, Path]:
    """The descriptor that holds the lock, and the file that it is of."""
    try:
        return _flock(path, waiting, exclusive), path
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        why = os.strerror(error.errno)
    if (folder := str(path.parent)) not in _noted:
        _noted.add(folder)
        note(f"{folder}: {NOTE.format(why=why)}")
    elsewhere = _local(path)
    return _flock(elsewhere, waiting, exclusive), elsewhere


def _flock(path: Path, waiting: Callable[[str], None], exclusive: bool) -> int:
    mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    waited = False
    while True:
        descriptor = _open(path)
        try:
            try:
                fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                if not waited:
                    waiting(_holder(descriptor))
                    waited = True
                fcntl.flock(descriptor, mode)
            if _is_named(descriptor, path):
                if exclusive:
                    _sign(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder removed it: the lock is another file now


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS) or not path.exists():
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # somebody else's, to be read only


def _is_named(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    return False


def _sign(descriptor: int) -> None:
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}".encode(), 0)


def _holder(descriptor: int) -> str:
    """Who holds a lock, where that is known: the holder says so just after taking it."""
    with suppress(OSError):
        return os.pread(descriptor, 100, 0).decode("ascii", "replace") or "another process"
    return "another process"


def _local(path: Path) -> Path:
    """The lock file on this machine that stands for one on a file system without locks."""
    import tempfile  # here and not above: it is slow to import

    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:32]
    return Path(tempfile.gettempdir()) / f"pipeline-{name}.lock"


@contextmanager
def _other_lock(path: Path, waiting: Callable[[str], None]) -> Iterator[None]:  # pragma: no cover
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting("another process")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
