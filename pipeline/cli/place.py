"""Whether a file that the user named can be written: reported before the work, not after it."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.store.durable import expect_replaceable


def expect_place(place: Path, flag: str) -> None:
    """Raise `ConfigError`, which names the flag, where no file can be saved."""
    found = ""
    try:
        with suppress(FileNotFoundError):
            found = "a folder" if stat.S_ISDIR(place.stat().st_mode) else ""
        if not found:
            expect_replaceable(place)
    except OSError as error:
        found = error.strerror or str(error)
        if not place.parent.exists():
            found = f"there is no folder {place.parent}"
    if found:
        raise ConfigError(
            f"{flag}: expected the name of a file that can be written, found {place}: {found}; "
            "choose another"
        )
