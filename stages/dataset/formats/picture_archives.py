"""Picture archives: the image files in a zip or tar archive, by name and one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import DataError
from stages.dataset.formats import images, zips
from stages.dataset.formats.blobs import archive_members, last_part, read_member
from stages.dataset.formats.decoding import Item
from stages.dataset.formats.layout import shown
from stages.dataset.formats.listing import MACOSX, is_picture

MEMBERS = 1_000_000  # of an archive


def picture_names(path: Path) -> list[str]:
    """The names of the image files in an archive, in its order."""
    if zips.is_zip(path):
        names = zips.names(path, MEMBERS)
    else:
        names = []
        for member in archive_members(path, limit=MEMBERS):
            if is_wanted(member.name):
                if not member.is_file:
                    raise DataError(
                        f"{member.where}: expected an image file, found a link, a folder or the "
                        "like; pack it anew (tar --dereference --hard-dereference)"
                    )
                names.append(member.name)
    names = [name for name in names if is_wanted(name)]
    if len(set(names)) < len(names):
        raise DataError(f"{path}: expected each name once in the archive, found one twice")
    for name in names:
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            raise DataError(
                f"{path}: expected names inside the archive, found {shown(name)}; use another"
            )
    return names


def is_wanted(name: str) -> bool:
    """Whether a member of this name is an image, and none that a system hides."""
    parts = name.replace("\\", "/").split("/")
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return is_picture(last_part(name)) and not (hidden or name.endswith("/") or MACOSX in parts)


def picture_members(path: Path, number: dict[str, int]) -> Iterator[Item]:
    """The files in an archive that have a number by name, in its order, to be decoded."""
    for member in archive_members(path, limit=MEMBERS):
        if member.is_file and member.name in number:
            data = read_member(member, images.FILE)
            sha256 = hashlib.sha256(data).hexdigest()
            yield number[member.name], member.name, sha256, data


def without_common_folder(names: list[str]) -> list[str]:
    """Names without the folder that all of them are in, as archives mostly have one."""
    parts = [name.replace("\\", "/").removeprefix("./").split("/") for name in names]
    while parts and all(len(p) > 2 and p[0] == parts[0][0] for p in parts):
        if parts[0][0].lower() in ("train", "test"):
            break
        parts = [p[1:] for p in parts]
    return ["/".join(p) for p in parts]
