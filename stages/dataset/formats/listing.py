"""Listing: the image files of a folder, by name and content, as one file.

A dataset of images is thousands of files. Its listing stands for them: a line for each with
SHA-256, size and path below the folder, in order. Two folders with the same images have the same
listing, wherever they lie; a link beside it leads there. Images are read through that link, below
the data folder, where a stage is not watched: the listing says what is in them, to the bit.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import DataError
from pipeline.store.files import is_sha256
from stages.dataset.classes import check_names, label_type
from stages.dataset.formats.layout import shown
from stages.dataset.holdout import held_out

LISTING = "images.listing"  # the name of the file
PLACE = "folder"  # the link beside it
FORMAT = "image folder 1"
PICTURES = (
    *(".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"),
    *(".tif", ".tiff", ".ppm", ".pgm", ".avif", ".jfif", ".jpe", ".pnm", ".pbm"),
)
# What cannot be read is listed with what is damaged, not passed over without a word.
UNREAD = (".heic", ".heif", ".jxl", ".jp2", ".tga")
MACOSX = "__MACOSX"  # the folder that macOS adds to archives, of files that are none of the user's
PARTS = frozenset(("train", "training", "test", "testing", "val", "valid", "validation", "dev"))


@dataclass(frozen=True)
class Entry:
    """An image file: its path below the folder (parts joined by "/"), size and SHA-256."""

    name: str
    size: int
    sha256: str


def is_picture(name: str) -> bool:
    """Whether a file of this name is an image; hidden files are none."""
    return name.lower().endswith((*PICTURES, *UNREAD)) and not name.startswith(".")


def to_bytes(entries: Sequence[Entry]) -> bytes:
    """The listing's bytes, the same for the same files."""
    lines = [json.dumps(FORMAT)]
    lines += [f'["{e.sha256}",{e.size},{json.encoder.encode_basestring_ascii(e.name)}]'
              for e in entries]  # fmt: skip
    return "\n".join([*lines, ""]).encode()


def read_listing(path: Path) -> tuple[Path, list[Entry]]:
    """The link to the folder, and the image files that a listing stands for. Raises `DataError`."""
    try:
        first, *lines = path.read_text("utf-8").splitlines()
        entries = [_entry(json.loads(line)) for line in lines]
        if json.loads(first) != FORMAT:
            raise ValueError
        os.readlink(path.with_name(PLACE))
        return path.with_name(PLACE), entries
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise DataError(
            f"{path}: expected the listing of a folder of images, found none that can be read; "
            "name the folder itself with --source"
        ) from error


def _entry(value: object) -> Entry:
    match value:
        case [str(sha256), int(size), str(name)] if is_sha256(sha256) and not _leaves(name):
            return Entry(name, size, sha256)
    raise ValueError("expected [SHA-256, size, path]")


def _leaves(name: str) -> bool:
    parts = name.split("/")
    return name.startswith("/") or ".." in parts or "\0" in name


def arrange(names: Sequence[str], where: object) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Classes, the number of each file's class (n,), and which files test, bool (n,).

    names: paths of image files, `cat/1.png` or `train/cat/1.png` and `test/cat/2.png`. Without a
    folder `test` a fifth of each class tests. Raises `DataError` on anything else.
    """
    paths = [name.split("/") for name in names]
    firsts = {parts[0] for parts in paths}
    others = sorted(first for first in firsts if first.lower() not in ("train", "test"))
    divided = all(len(parts) > 2 for parts in paths) and "train" in map(str.lower, firsts)
    if divided and others:
        raise DataError(
            f"{where}: expected images to train and to test in the folders train and test, found "
            f"{', '.join(map(shown, others[:8]))} beside them; move or rename what is not a class"
        )
    if not divided and len(firsts) > 1 and PARTS.issuperset(map(str.lower, firsts)):
        raise DataError(
            f"{where}: expected train/CLASS/IMAGE and test/CLASS/IMAGE, or a folder for each "
            f"class, found {', '.join(map(shown, sorted(firsts)))} with {_misplaced(paths)}; move "
            "images into folders of classes, in train and test, or leave them out"
        )
    if len(firsts) == 1 and not divided and any(len(parts) > 2 for parts in paths):
        inside = ", ".join(map(shown, sorted({parts[1] for parts in paths})[:8]))
        raise DataError(
            f"{where}: expected a folder for each class, found one, {shown(paths[0][0])}, with "
            f"{inside} in it; give that folder if the classes are there, or move them up"
        )
    if divided:
        test = np.array([parts[0].lower() == "test" for parts in paths])
        paths = [parts[1:] for parts in paths]
    for name, parts in zip(names, paths, strict=True):
        if len(parts) < 2:
            raise DataError(
                f"{where}: expected a folder for each class, as in cat/1.png or train/cat/1.png, "
                f"found the image {shown(name)}; move it to the folder of its class"
            )
    import unicodedata  # here and not above: commands that decode nothing start faster without it

    owners = [unicodedata.normalize("NFC", parts[0]) for parts in paths]
    spelled = dict(zip(owners, (parts[0] for parts in paths), strict=True))
    for owner, parts in zip(owners, paths, strict=True):
        if spelled[owner] != parts[0] and not divided:
            raise DataError(
                f"{where}: expected different names of classes, found {shown(owner)} twice, in "
                "other code points; rename one folder"
            )
    trained = {o for o, t in zip(owners, test, strict=True) if not t} if divided else set(owners)
    if not trained:
        raise DataError(f"{where}: expected images in folders, one for each class, found none")
    classes = check_names(sorted(trained, key=_natural), str(where))
    if unknown := sorted(set(owners) - trained):
        raise DataError(
            f"{where}: expected test images of classes that train has, found "
            f"{', '.join(map(shown, unknown[:8]))}; give train that folder, too, or leave it out"
        )
    number = {name: index for index, name in enumerate(classes)}
    numbers = np.array([number[owner] for owner in owners], label_type(len(classes)))
    if not divided or not test.any():
        test = held_out(numbers, str(where))
    return classes, numbers, test


def _misplaced(paths: Sequence[list[str]]) -> str:
    """What keeps train and test from being parts: an image in no class, or their names."""
    names = ("/".join(parts) for parts in paths if len(parts) < 3)
    return next(
        (f"the image {shown(name)} in no class" for name in names), "no folder called train"
    )


def _natural(name: str) -> tuple[object, ...]:
    """What sorts 2 before 10, and names by code point."""
    return (0, int(name), name) if re.fullmatch(r"[0-9]{1,18}", name) else (1, 0, name)
