"""Leftovers: what worker processes need beside memory, named so that a later run can remove it.

`multiprocessing` keeps sockets in a folder for temporary files (`pymp-…`), and semaphores by name.
It removes them at the end, in a process of its own; where a whole process group is killed, nobody
does. So this process keeps them under names of its own and holds a lock as long as it lives:

    <temporary>/pl-TOKEN/.pipeline-lock   locked (flock) by the process that made it
    /dev/shm/sem.pl-TOKEN-…               its semaphores

What carries a token whose lock nobody holds is of a dead process, and goes. A folder without such a
file is somebody else's, whatever its name: folders for temporary files hold all kinds of things.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX = "pl-"
SEMAPHORES = Path("/dev/shm")
LOCK = ".pipeline-lock"
_held: list[int] = []  # open for good: the lock of this process


def claim(place: str) -> None:
    """Name what this process's workers will need, once, in a folder of `place`, a folder for
    temporary files; and remove what dead ones left there.

    Does nothing where it cannot be done: then names are `multiprocessing`'s own.
    """
    if _held:
        return
    with suppress(ImportError, OSError, AttributeError):
        import fcntl
        from multiprocessing import process, util

        config = process.current_process()._config  # type: ignore[attr-defined]
        if config.get("tempdir") is not None or process.parent_process() is not None:
            return
        sweep(place)
        folder = tempfile.mkdtemp(prefix=PREFIX, dir=place)
        descriptor = os.open(f"{folder}/{LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.stat(f"{folder}/{LOCK}")  # or else another one has just taken it for a dead one's
        _held.append(descriptor)
        util.Finalize(None, shutil.rmtree, args=(folder, True), exitpriority=-100)
        config["tempdir"] = folder
        config["semprefix"] = f"/{os.path.basename(folder)}"


def sweep(place: str) -> None:
    """Remove what the processes of this user that are dead have left in a folder."""
    import fcntl

    for folder in Path(place).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.stat().st_uid != os.getuid():
                continue
            descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for semaphore in SEMAPHORES.glob(f"sem.{folder.name}-*"):
                    semaphore.unlink(missing_ok=True)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
