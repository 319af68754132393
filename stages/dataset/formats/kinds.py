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
from stages.dataset.formats.delimited import SEPARATORS
from stages.dataset.formats.inflate import ByteStream
from stages.dataset.formats.known import HEAD, IDX, NPY, PARQUET, expect_known, is_text, refused
from stages.dataset.formats.layout import shown
from stages.dataset.formats.listing import LISTING, is_picture
from stages.dataset.formats.picture_archives import is_wanted
from stages.dataset.formats.tar import looks_like_tar, members

TABLES = (".csv", ".tsv", ".parquet")
TEXTS = ("", ".txt", ".data", ".dat")
PACKED = (".gz", ".bz2", ".xz")
MEMBERS = 1_000_000  # of an archive of images
BESIDE = ("arrays", "table")  # what may lie beside images by class
PACKED_ARRAYS = "packed arrays"  # .npz, which is of use by itself, and not in an archive
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
                packed = inner != head
                if is_text(inner) and (is_table(path.name) or _may_be_table(inner, head, path)):
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
    """The kind of the first file in an archive that shows it.

    Images by class with a table or arrays beside them are images, as they are in a folder.
    """
    beside, folders, zipped = set[str](), set[str](), zips.is_zip(path)
    names: Iterable[str]
    if zipped:
        names = zips.names(path, MEMBERS)
        kind = kind_of_names(map(last_part, names))
        if kind not in BESIDE:
            return kind or "cifar10"
    else:
        names = (member.name for member in archive_members(path, limit=MEMBERS))
    for name in names:
        kind = kind_of_names([last_part(name)])
        if kind in BESIDE:
            beside.add(PACKED_ARRAYS if name.lower().endswith(".npz") else kind)
        elif kind == "images" and (beside or zipped):
            if is_wanted(name):
                folders.add(name.rpartition("/")[0])
        elif kind:
            return kind
        if beside and len(folders) > 1:
            return "images"
    if not beside:
        return "cifar10"  # whose reader says what is missing
    return "table" if "table" in beside and "arrays" not in beside else "arrays"


def _may_be_table(inner: bytes, head: bytes, path: Path) -> bool:
    """Whether the ending of a text, which begins with `inner`, may be that of a table."""
    return inner == head and path.suffix.lower() in TEXTS


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
            _check_stream(ByteStream(file, Path(name)), name, head)


def _check_stream(stream: ByteStream, name: str, head: bytes) -> None:
    inner = stream.peek(HEAD)
    table = is_table(name) or (_may_be_table(inner, head, Path(name)) and _has_columns(inner))
    if looks_like_tar(inner) or not (table or idx.is_known(name)):
        for _ in members(stream, MEMBERS):
            pass
    while stream.skip(1 << 24):
        pass


def _has_columns(head: bytes) -> bool:
    """Whether the first two lines of a text have as many separators of a table as each other.

    What a server says in place of a file is a text, too.
    """
    first, second, *_ = [*head.decode("utf-8-sig", "replace").splitlines(), "", ""]
    return any(first.count(mark) == second.count(mark) > 0 for mark in SEPARATORS)
