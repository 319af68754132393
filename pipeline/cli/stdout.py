"""stdout for results: what stages print, and the programs that they start, goes to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress


@contextmanager
def stdout_for_results() -> Iterator[None]:
    """Until the block ends, all that is written to stdout goes to stderr."""
    saved = None
    with suppress(OSError, ValueError, AttributeError):  # no stdout, or none of the system's
        sys.stdout.flush()
        if sys.stdout.fileno() == 1:
            saved = os.dup(1)
            os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if saved is not None:
            os.dup2(saved, 1)
            os.close(saved)
