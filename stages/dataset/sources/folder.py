"""Folder: a folder of images by class, found anew and hashed where it changed.

Images are the files with an image's ending below a folder for each class, at any depth; hidden
files, and files of other kinds, are passed over. Links are followed, but none to a folder above it,
and none to nothing: it may be a class on a disk that is not there. Digests of files that were not
touched since are remembered, in the data folder, as `pipeline.store.files.DigestCache` does it for
single files.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from pipeline.executors.cores import default_workers
from pipeline.store.cache import read_cache, write_cache
from pipeline.store.digest_cache import SETTLED_NS
from pipeline.store.durable import replacing
from pipeline.store.files import Files, identify
from pipeline.store.store import is_store
from stages.dataset.formats.layout import shown
from stages.dataset.formats.listing import (
    LISTING,
    MACOSX,
    PICTURES,
    PLACE,
    Entry,
    arrange,
    is_picture,
    to_bytes,
)
from stages.dataset.sources.disk import writing

FOLDER = "folders"  # in the data folder
MOST = 1_000_000  # image files
DEEPEST = 32  # folders in each other
BLOCK = 1 << 20
AT_ONCE = 256  # files that a thread hashes in a row


def list_folder(folder: Path, data_dir: Path) -> Files:
    """The listing of the images in `folder`, written into the data folder.

    Raises `DataError` where there are no images by class, and `StorageError`.
    """
    folder = folder.absolute()
    cache = data_dir / FOLDER / f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}.json"
    known = read_cache(cache)
    found = sorted(_walk(folder, data_dir), key=lambda pair: pair[0])
    entries, stamps, changed = _identified(found, known if isinstance(known, dict) else {})
    arrange([entry.name for entry in entries], folder)
    content = to_bytes(entries)
    target = data_dir / FOLDER / hashlib.sha256(content).hexdigest()[:16] / LISTING
    with writing(target.parent, len(content)):
        _link(target.with_name(PLACE), folder)
        if not target.is_file() or target.read_bytes() != content:
            with replacing(target) as file:
                file.write(content)
    if changed:
        write_cache(cache, stamps)
    return identify(target)


def _link(place: Path, folder: Path) -> None:
    """Let the link at `place` lead to `folder`, in one step."""
    with suppress(OSError):
        if os.readlink(place) == str(folder):
            return
    part = place.with_name(f".{secrets.token_hex(8)}")
    part.symlink_to(folder, target_is_directory=True)
    part.replace(place)


def _identified(
    found: list[tuple[str, tuple[str, os.stat_result]]], known: dict[str, Any]
) -> tuple[list[Entry], dict[str, list[Any]], bool]:
    """The image files in order, what to remember of them, and whether that is news."""
    unknown = [
        (name, path)
        for name, path, status in ((n, p, s) for n, (p, s) in found)
        if known.get(name, [None])[:-1] != _stamp(status)
    ]
    started = time.time_ns()
    digests: dict[str, str] = {}
    chunks = [unknown[i : i + AT_ONCE] for i in range(0, len(unknown), AT_ONCE)]
    if len(chunks) > 1:
        from concurrent.futures import ThreadPoolExecutor  # here and not above: slow to import

        with ThreadPoolExecutor(default_workers()) as pool:
            for part in pool.map(_hash_all, chunks):
                digests |= part
    else:
        for chunk in chunks:
            digests |= _hash_all(chunk)
    entries, stamps = [], {}
    for name, (_, status) in found:
        sha256 = digests.get(name) or known[name][-1]
        entries.append(Entry(name, status.st_size, sha256))
        if started - max(status.st_mtime_ns, status.st_ctime_ns) >= SETTLED_NS:
            stamps[name] = [*_stamp(status), sha256]
    return entries, stamps, bool(unknown) or len(known) != len(stamps)


def _hash_all(files: list[tuple[str, str]]) -> dict[str, str]:
    found, buffer = {}, memoryview(bytearray(BLOCK))  # one for all: to make it takes longer
    for name, path in files:
        try:
            with open(path, "rb", 0) as file:
                digest = hashlib.sha256()
                while count := file.readinto(buffer):
                    digest.update(buffer[:count])
                found[name] = digest.hexdigest()
        except OSError as error:
            raise DataError(f"expected a readable file at {path}: {error.strerror}") from error
    return found


def _stamp(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _is_own(path: str, data_dir: Path) -> bool:
    """Whether a folder is one that this program fills, by a run amid the classes."""
    return is_store(path) or (data_dir.is_dir() and os.path.samefile(path, data_dir))


def _walk(folder: Path, data_dir: Path) -> Iterator[tuple[str, tuple[str, os.stat_result]]]:
    """(path below the folder, (path, status)) of each image file."""
    count, classes, filled = 0, set[str](), set[str]()
    waiting: list[tuple[str, str, tuple[tuple[int, int], ...]]] = [(str(folder), "", ())]
    while waiting:
        path, below, above = waiting.pop()
        try:
            own = os.stat(path)
            identity = own.st_dev, own.st_ino
            if identity in above or len(above) >= DEEPEST:
                raise DataError(
                    f"{shown(path)}: expected folders at most {DEEPEST} deep, found a link to a "
                    "folder above it, or more; remove it"
                )
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or entry.name == MACOSX:
                        continue
                    name = below + entry.name
                    if entry.is_dir():
                        if not below and _is_own(entry.path, data_dir):
                            continue
                        waiting.append((entry.path, f"{name}/", (*above, identity)))
                        if not below:
                            classes.add(entry.name)
                    elif is_picture(entry.name) or entry.is_symlink():
                        status = entry.stat()
                        if not is_picture(entry.name):  # a link to a file of another kind
                            continue
                        if not stat.S_ISREG(status.st_mode):
                            raise DataError(
                                f"{shown(entry.path)}: expected an image file, found no regular "
                                "file; remove it"
                            )
                        count += 1
                        filled.add(name.split("/")[0])
                        if count > MOST:
                            raise DataError(
                                f"{folder}: expected at most {MOST:,} images, found more"
                            )
                        yield name, (entry.path, status)
        except OSError as error:
            where = shown(str(error.filename or path))
            raise DataError(
                f"{where}: expected a folder or a file that can be read: {error.strerror}"
            ) from error
    if empty := sorted(classes - filled):
        raise DataError(
            f"{folder}: expected images ({', '.join(PICTURES)}) in every folder, found none in "
            f"{', '.join(map(shown, empty[:8]))}; remove what is no class, or convert its images"
        )
