"""Where the sockets of worker processes lie: their whole names must be short.

A system takes some 100 bytes for the name of a socket (`sun_path` in unix(7): 108 on Linux, 104 on
macOS). `multiprocessing` makes its own in the folder for temporary files and adds 32 bytes, so a
TMPDIR of 80 would keep workers from starting.
"""

from __future__ import annotations

import multiprocessing.util
import os
import tempfile

LONGEST = 70  # bytes of a folder's name
SHORT = ("/tmp", "/var/tmp", "/dev/shm")


def short_names() -> None:
    """Let this process keep its sockets in a short folder, if the usual one is too long."""
    usual = tempfile.gettempdir()
    if len(os.fsencode(usual)) <= LONGEST:
        return
    for folder in SHORT:
        if os.access(folder, os.W_OK | os.X_OK):
            tempfile.tempdir = folder
            try:
                multiprocessing.util.get_temp_dir()  # made on the first call, for good
            finally:
                tempfile.tempdir = usual
            return
