"""A CPU profile of a command, in the format of the standard library's `pstats`.

Viewers read it: `python -m pstats FILE`, snakeviz, tuna, gprof2dot. It sees the thread that runs
the command; work of other threads and processes shows as waiting for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.store.durable import expect_replaceable, replacing
from pipeline.store.troubles import storage_errors


@contextmanager
def profiled(file: str | None) -> Iterator[None]:
    """Profile the block into `file`, also where it fails; None: do nothing."""
    if file is None:
        yield
        return
    import cProfile
    import marshal

    profile = cProfile.Profile()
    try:
        with open(file, "ab"):  # better reported now than after an hour of training
            expect_replaceable(Path(file))
    except OSError as error:
        raise ConfigError(
            f"--profile: expected the name of a file that can be written, found {file}: "
            f"{error.strerror}; choose another"
        ) from None
    try:
        profile.enable()
        yield
    finally:
        profile.disable()
        profile.create_stats()
        with storage_errors(Path(file), "--profile"), replacing(Path(file)) as target:
            target.write(marshal.dumps(profile.stats))
