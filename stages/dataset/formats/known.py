"""Known: whether the first bytes of a file begin a dataset of any kind."""

from __future__ import annotations

from pipeline.errors import DataError
from stages.dataset.formats.inflate import decompressor
from stages.dataset.formats.tar import looks_like_tar

HEAD = 1024  # bytes of a file that identify it
ZIP, NPY, PARQUET, IDX = (b"PK\x03\x04", b"PK\x05\x06"), b"\x93NUMPY", b"PAR1", b"\0\0\x08"
WANTED = (
    "an archive (.tar, .tar.gz, .tar.bz2, .tar.xz or .zip) or a file .npz, .npy, .csv, .tsv or "
    ".parquet"
)


OTHERS = (
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a WebP image, or another file of that family"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x80", "a Python pickle"),
)


def what_else(head: bytes) -> str | None:
    """What begins with `head`, the first `HEAD` bytes of a file, if no dataset.

    None if one, and where the bytes are too few to know.
    """
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return "a web page (HTML or XML)"
    if not head:
        return "an empty file"
    known = head.startswith((*ZIP, NPY, PARQUET, IDX))
    known = known or decompressor(head) is not None or looks_like_tar(head) or is_text(head)
    if known:
        return None
    for magic, words in OTHERS:
        if head.startswith(magic) and (len(magic) > 1 or len(head) == HEAD):
            return words
    return f"bytes that begin {head[:4].hex(' ')}" if len(head) == HEAD else None


def expect_known(head: bytes, what: object) -> None:
    """Raise `DataError` unless `head`, the first `HEAD` bytes of `what`, begins a dataset."""
    if found := what_else(head):
        raise refused(what, found)


def refused(what: object, found: str) -> DataError:
    """The error for what begins no dataset."""
    return DataError(
        f"{what}: expected {WANTED}, found {found}; check where it comes from and get it again"
    )


def is_text(head: bytes) -> bool:
    """Whether bytes begin a text: UTF-8 (perhaps cut in a character), no control characters."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8-sig")
    return bool(text) and all(c.isprintable() or c in "\t\r\n\u00a0" for c in text)
