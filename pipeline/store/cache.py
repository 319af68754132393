"""Caches: what is remembered to spare work, in a file that may be lost at any time.

One JSON value below a line with the SHA-256 of its bytes. A cache is believed like a source file or
a digest of one, so a flipped bit in it must not pass: what does not fit its first line counts as
never written. Where none can be written, none is.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any

from pipeline.store.durable import replacing


def read_cache(path: Path) -> Any:
    """The value that was remembered; None where there is none, or a damaged one."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        if not path.is_file():  # a pipe would be waited for
            return None
        checksum, _, text = path.read_bytes().partition(b"\n")
        if _checksum(text) == checksum:
            return json.loads(text)
    return None


def write_cache(path: Path, value: Any) -> None:
    """Remember a value, where that is possible."""
    text = json.dumps(value, separators=(",", ":")).encode()
    with contextlib.suppress(OSError):
        if path.is_file() or not path.exists():
            with replacing(path) as file:
                file.write(_checksum(text) + b"\n" + text)


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()
