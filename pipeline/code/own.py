"""What is known of the framework's own sources, in caches of the user's.

They are the same for every store, and some 170: a new store would spend seconds to find out anew
what they say. So that also lies in the user's folder of caches: one file of each kind for a place
that the framework is installed in, and a version of Python; what depends on more than that has a
file for each case, the latest few of which stay. Nothing of a user's own sources lies there.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.code.hashing import short_hash
from pipeline.store.cache import read_cache, write_cache

_ROOT = Path(__file__).absolute().parents[2]
_MOST = 20  # files of one place
_PACKAGES = tuple(f"{_ROOT / name}{os.sep}" for name in ("pipeline", "stages"))


def is_own(path: str) -> bool:
    """Whether a source is one of the framework."""
    return path.startswith(_PACKAGES)


def user_folder() -> Path:
    """Where caches lie that belong to a user, not to a store: below `$XDG_CACHE_HOME`, or
    `~/.cache` (https://specifications.freedesktop.org/basedir-spec/latest/)."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    home = given if os.path.isabs(given) else os.path.expanduser("~/.cache")
    return Path(home) / "cifar-pipeline"


def read_own(kind: str) -> Any:
    """What was kept of a kind; None where nothing was."""
    return read_cache(_file(kind))


def write_own(kind: str, value: Any) -> None:
    """Keep a value, where that is possible."""
    path = _file(kind)
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_cache(path, value)
        kept = path.parent.glob(f"*-{_place()}.json")
        for old in sorted(kept, key=lambda one: one.stat().st_mtime_ns)[:-_MOST]:
            old.unlink()


def _file(kind: str) -> Path:
    return user_folder() / f"{kind}-{_place()}.json"


@cache
def _place() -> str:
    return short_hash(f"{_ROOT} {sys.implementation.cache_tag}")[:16]
