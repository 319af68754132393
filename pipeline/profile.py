"""A CPU profile of a command, in the format of the standard library's `pstats`.

Viewers read it: `python -m pstats FILE`, snakeviz, tuna, gprof2dot. It sees the thread that runs
the command; work of other threads and processes shows as waiting for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import ConfigError


@contextmanager
def profiled(file: str | None) -> Iterator[None]:
    """Profile the block into `file`, also where it fails; None: do nothing."""
    if file is None:
        yield
        return
    import cProfile

    profile = cProfile.Profile()
    try:
        with open(file, "ab"):  # better told now than after an hour of training
            pass
    except OSError as error:
        raise ConfigError(f"--profile {file}: cannot be written: {error.strerror}") from None
    try:
        profile.enable()
        yield
    finally:
        profile.disable()
        profile.dump_stats(file)
