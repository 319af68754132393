"""Kinds: what a source holds, by the names of its files and by their first bytes.

    cifar10    data_batch_*.bin and test_batch.bin
    cifar100   train.bin and test.bin, with a coarse and a fine label in each record
    idx        train-images-idx3-ubyte and so on, gzipped or not (MNIST and its relatives)
    images     image files in a folder for each class
    arrays     .npz, or .npy files
    table      CSV, TSV or Parquet

All but the image folder and the table may lie in a folder or in an archive (tar, zip), and those
in an archive as well; a table may be packed by itself, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.store.files import Files, open_file
from stages.dataset.formats import cifar100, idx, layout, zips
from stages.dataset.formats.blobs import archive_members, last_part
from stages.dataset.formats.inflate import ByteStream
from stages.dataset.formats.known import HEAD, IDX, NPY, PARQUET, expect_known, is_text, refused
from stages.dataset.formats.layout import shown
from stages.dataset.formats.listing import LISTING, is_picture
from stages.dataset.formats.tar import looks_like_tar, members

TABLES = (".csv", ".tsv", ".parquet")
TEXTS = ("", ".txt", ".data", ".dat")
PACKED = (".gz", ".bz2", ".xz")
MEMBERS = 1_000_000  # of an archive of images
PYTHON = ("data_batch_1", "batches.meta")  # of the archives that are pickles


def kind_of(source: Files) -> str:
    """The kind of a source. Raises `DataError` where it is none of them."""
    names = [file.path.name for file in source.files]
    if names == [LISTING]:
        return "images"
    if kind := kind_of_names(names):
        return kind
    if len(names) != 1:
        return "cifar10"  # whose reader says what is missing
    path = source.files[0].path
    with open_file(path) as file:
        head = file.read(HEAD)
        expect_known(head, path)
        if head.startswith(PARQUET):
            return "table"
        if not zips.looks_like_zip(head):
            file.seek(0)
            stream = ByteStream(file, path)
            inner = stream.read(HEAD)
            if not looks_like_tar(inner):
                packed, ending = inner != head, path.suffix.lower()
                if is_text(inner) and (is_table(path.name) or (not packed and ending in TEXTS)):
                    return "table"
                if is_text(inner) and not packed:
                    raise refused(path, "a text")
                return "cifar10"  # whose reader refuses it
    return _of_archive(path)


def kind_of_names(names: Iterable[str]) -> str | None:
    """The kind of a dataset with files of these last names; None where they do not show it."""
    names = list(names)
    for name in names:
        if layout.is_known(name) or name in PYTHON:
            return "cifar10"
        if cifar100.is_known(name):
            return "cifar100"
        if idx.is_known(name):
            return "idx"
    for name in names:
        if name.lower().endswith((".npy", ".npz")):
            return "arrays"
        if is_table(name):
            return "table"
    return "images" if any(map(is_picture, names)) else None


def is_table(name: str) -> bool:
    """Whether a file of this name is a table."""
    name = name.lower()
    plain = next((name.removesuffix(end) for end in PACKED if name.endswith(end)), name)
    return plain.endswith(TABLES)


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names from outside as a part of one line."""
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return (", ".join(shown(name) for name in names[:most]) or "nothing") + more


def _of_archive(path: Path) -> str:
    """The kind of the first file in an archive that shows it."""
    if zips.is_zip(path):
        names = [last_part(name) for name in zips.names(path, MEMBERS)]
        return kind_of_names(names) or "cifar10"
    for member in archive_members(path, limit=MEMBERS):
        if kind := kind_of_names([last_part(member.name)]):
            return kind
    return "cifar10"  # whose reader says what is missing


def check_download(path: Path, name: str) -> None:
    """Read a file through, as far as its own checksums go. Raises `DataError` with `name`.

    name: that under which it was asked for.
    """
    with open_file(path) as file:
        head = file.read(HEAD)
        expect_known(head, name)
        file.seek(0)
        if zips.looks_like_zip(head):
            zips.check(path, name, MEMBERS)
        elif head.startswith((NPY, PARQUET, IDX)):
            return  # whose reader sees where they are cut
        else:
            _check_stream(ByteStream(file, Path(name)), name)


def _check_stream(stream: ByteStream, name: str) -> None:
    inner = stream.peek(HEAD)
    if looks_like_tar(inner) or not (is_table(name) or idx.is_known(name)):
        for _ in members(stream, MEMBERS):
            pass
    while stream.skip(1 << 24):
        pass
