"""Memos: what is remembered to spare work, in a file that may be lost at any time.

One JSON value below a line with the SHA-256 of its bytes. A memo is believed like a source file or
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


def read_memo(path: Path) -> Any:
    """The value that was remembered; None where there is none, or a damaged one."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        seal, _, text = path.read_bytes().partition(b"\n")
        if _seal(text) == seal:
            return json.loads(text)
    return None


def write_memo(path: Path, value: Any) -> None:
    """Remember a value, where that is possible."""
    text = json.dumps(value, separators=(",", ":")).encode()
    with contextlib.suppress(OSError), replacing(path) as file:
        file.write(_seal(text) + b"\n" + text)


def _seal(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()
