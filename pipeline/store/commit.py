"""Commit: a folder with a manifest gets its name when it is whole, and not before.

It is written under a temporary name beside its place: every file fsynced, the manifest last, then
one rename, then an fsync of the parent.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.store.durable import fsync_folder, make_folder
from pipeline.store.manifest import MANIFEST
from pipeline.store.troubles import storage_errors
from pipeline.store.writer import Writer

_FILLING: set[str] = set()  # by threads of this process, who may bring the same group of items


@contextmanager
def committing(place: Path) -> Iterator[Writer]:
    """A `Writer` whose folder becomes `place` once the block has ended well."""
    with placing(place) as folder:
        writer = Writer(folder)
        try:
            yield writer
        finally:
            with storage_errors(place.parent):
                writer.close()


@contextmanager
def placing(place: Path) -> Iterator[Path]:
    """A new folder that becomes `place` once the block has ended well; its files are synced then.

    What is at `place` is damaged, or else nobody would write it again; it goes. Only one process at
    a time writes to a place. An `OSError` of the disk becomes a `StorageError`.
    """
    parent = place.parent
    with storage_errors(parent):
        make_folder(parent)
        for dead in _left(place):  # by a dead process: we hold the lock
            if dead not in _FILLING:
                shutil.rmtree(dead, ignore_errors=True)
        folder = parent / f".tmp-{place.name}-{secrets.token_hex(4)}"
        old = folder.with_name(f"{folder.name}-old")
        _FILLING.add(str(folder))
        folder.mkdir()
    try:
        yield folder
        with storage_errors(parent):
            if place.exists():
                move_away(place, old)
            folder.rename(place)
            fsync_folder(parent)
    finally:
        _FILLING.discard(str(folder))
        for left in (folder, old):
            shutil.rmtree(left, ignore_errors=True)


def _left(place: Path) -> list[str]:
    """Unfinished folders of a place. (A glob is slow among 10,000 results.)"""
    with suppress(PermissionError):  # a folder may be written and not read
        names = os.listdir(place.parent)
        return [f"{place.parent}/{n}" for n in names if n.startswith(f".tmp-{place.name}-")]
    return []


def discard(place: Path) -> None:
    """Delete a result, of which no half is ever seen: its name goes first, and then its files."""
    doomed = place.with_name(f".tmp-{place.name}-removed")
    move_away(place, doomed)
    with suppress(FileNotFoundError):  # it went at once, from a lower layer
        _delete(doomed)


def _delete(folder: Path) -> None:
    """`shutil.rmtree` in half the time, where there are no more than files: 10,000 are deleted."""
    with os.scandir(folder) as entries:
        found = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for path, is_folder in found:
        if is_folder:
            shutil.rmtree(path)
        else:
            os.unlink(path)
    os.rmdir(folder)


def move_away(place: Path, name: Path) -> None:
    """Take a result from its place, so that no half of it is ever seen there: all of it, to `name`.

    A folder in a lower layer of an overlay file system cannot be renamed (EXDEV): there the
    manifest goes first, without which the rest is nothing, and then the rest.
    """
    try:
        place.rename(name)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        (place / MANIFEST).unlink(missing_ok=True)
        fsync_folder(place)
        shutil.rmtree(place)
