"""Named files: what a user names, as files to read: folders, patterns, standard input."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ConfigError, DataError
from pipeline.store.files import open_file
from pipeline.store.troubles import storage_errors
from stages.dataset.formats.listing import PICTURES, is_picture

STDIN = "-"
MOST = 1 << 30  # bytes of standard input
PIECE = 1 << 20


@contextmanager
def named_files(names: Iterable[str]) -> Iterator[dict[Path, str]]:
    """The files that are named, each with what it is called in answers; there until the block ends.

    A folder stands for the images in it, a pattern (`photos/**/*.jpg`, of a name that no file has)
    for the files that fit it, both by name; `-` for what comes on standard input: an image, or a
    table. Raises `DataError` where there is none.
    """
    found: dict[Path, str] = {}
    with tempfile.TemporaryDirectory() as place:
        for name in names:
            if not name:
                raise ConfigError("predict: expected names of files, found an empty one")
            if name == STDIN:
                found.setdefault(_kept(Path(place) / "stdin"), STDIN)
            else:
                found |= {path: str(path) for path in _paths(name)}
        yield found


def _paths(name: str) -> list[Path]:
    import glob  # here and not above: few commands name files

    path = Path(name)
    if path.is_dir():
        inside = sorted(one for one in path.iterdir() if is_picture(one.name))
        if not inside:
            kinds = ", ".join(PICTURES)
            hint = any(one.is_dir() for one in path.iterdir())
            raise DataError(
                f"{path}: expected image files ({kinds}) in the folder, found none"
                + f"; for those in its folders name '{path}/*/*'" * hint
            )
        return inside
    if glob.has_magic(name) and not os.path.lexists(name):
        fitting = sorted(
            one for one in map(Path, glob.iglob(name, recursive=True)) if one.is_file()
        )
        if not fitting:
            raise DataError(f"{name}: expected files that fit the pattern, found none")
        return fitting
    open_file(path).close()
    return [path]


def _kept(path: Path) -> Path:
    """Standard input as a file: what reads it may want to go back."""
    size = 0
    with storage_errors(path, "TMPDIR"), path.open("wb") as file:
        while piece := sys.stdin.buffer.read(PIECE):
            size += len(piece)
            if size > MOST:
                raise DataError(f"stdin: expected at most {MOST:,} bytes, found more; name a file")
            file.write(piece)
    if not size:
        raise DataError("stdin: expected the bytes of an image or a table, found none")
    return path
