"""Pictures: thousands of image files to arrays, on all cores, again only what changed.

    files ─▶ chunks ─▶ worker processes: read, verify the digest, decode, resize ─▶ blocks in order
                 ╰──▶ what was decoded before (packs.py) ──────────────────────────╯

Files that cannot be read are listed together, in one refusal; with --skip-bad they are left out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.context import Context
from pipeline.errors import DataError
from pipeline.store.files import Files
from stages.dataset.formats import images
from stages.dataset.formats.decoding import Item, decode_all
from stages.dataset.formats.layout import shown
from stages.dataset.formats.listing import LISTING, arrange, read_listing
from stages.dataset.formats.packs import Packs
from stages.dataset.formats.picture_archives import (
    picture_members,
    picture_names,
    without_common_folder,
)
from stages.dataset.spool import Block, Reading, train_first

SIDE = 32  # pixels, unless --size says otherwise


def read(source: Files, options: Any, context: Context) -> Reading:
    """Yield images uint8 (k, 3, size, size) and labels; return the record."""
    path = source.files[0].path
    side = options.size or SIDE
    listed = path.name == LISTING
    if listed:
        link, entries = read_listing(path)
        where = Path(os.readlink(link))
        names = [entry.name for entry in entries]
        items: Iterable[Item] = (
            (number, e.name, e.sha256, os.path.join(link, e.name))
            for number, e in enumerate(entries)
        )
    else:
        where, names = path, picture_names(path)
        items = picture_members(path, {name: number for number, name in enumerate(names)})
    stripped = names if listed else without_common_folder(names)
    classes, numbers, test = arrange(stripped, where)
    packs = Packs(Path(options.data_dir) / "decoded" / _version(side), (3, side, side))
    bad: dict[int, DataError] = {}
    count = 0

    def blocks() -> Iterator[tuple[np.ndarray, Block]]:
        nonlocal count
        with context.progress("decode", len(names), "images") as progress:
            for rows, pixels, wrong in decode_all(items, len(names), side, packs):
                bad.update(wrong)
                progress.advance(len(rows) + len(wrong))
                if len(rows):
                    count += int((~test[rows]).sum())
                    yield test[rows], {"images": pixels, "labels": numbers[rows]}

    if listed:  # whose training images may come first from the start
        order = np.argsort(test, kind="stable")
        listing, items = list(items), ()
        items = (listing[row] for row in order)
    yield from train_first(blocks())
    packs.flush()
    if bad:
        _report(bad, names, where, options.skip_bad, context)
        kept = np.ones(len(names), bool)
        kept[list(bad)] = False
        left = np.bincount(numbers[kept & ~test], minlength=len(classes))
        if not left.all() or not (kept & test).any():
            raise DataError(
                f"{where}: expected images that can be read to train each class, and some to test, "
                f"found none of {shown(classes[int(left.argmin())]) if not left.all() else 'these'}"
            )
    record: dict[str, Any] = {
        "classes": classes,
        "train": count,
        "test": len(names) - len(bad) - count,
        "shape": [3, side, side],
    }
    if bad:
        record["skipped"] = sorted(names[number] for number in bad)[:1000]
    return record


def _report(
    bad: dict[int, DataError], names: list[str], where: object, skip: bool, context: Context
) -> None:
    shown_ones = [f"{shown(names[number])} ({bad[number]})" for number in sorted(bad)[:10]]
    more = f" and {len(bad) - 10:,} more" if len(bad) > 10 else ""
    words = f"{len(bad):,} of {len(names):,} files: {', '.join(shown_ones)}{more}"
    if passing := [number for number, why in bad.items() if isinstance(why, images.Transient)]:
        raise DataError(
            f"{where}: expected images as they were when they were listed, found "
            f"{shown(names[passing[0]])} ({bad[passing[0]]})"
        )
    if not skip:
        raise DataError(
            f"{where}: expected images that can be read, found none in {words}; remove them, or "
            "leave them out with --skip-bad"
        )
    context.warn(f"{where}: left out because they cannot be read, {words}")


def _version(side: int) -> str:
    """What decoded images depend on beside their files: size, Pillow, and the code here."""
    code = hashlib.sha256(Path(images.__file__).read_bytes()).hexdigest()[:8]
    return f"{side}x{side}-{images.pillow_version()}-{code}"
