"""What is wrong inside an archive."""

from __future__ import annotations

import gzip

import pytest

from tests.messages.case import (
    TAR,
    archive,
    check,
    short,
)
from tests.stages import datasets


def header(name: str, size: int | bytes, kind: bytes = b"0") -> bytes:
    """A tar header with a good checksum."""
    digits = size if isinstance(size, bytes) else b"%011o\0" % size
    block = bytearray(512)
    block[:4], block[124:136] = name.encode().ljust(4, b"\0"), digits.ljust(12, b"\0")
    block[156:157] = kind
    block[257:265], block[148:156] = b"ustar\x0000", b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


PACKED = "the compressed bytes are cut or damaged"

WHOLE = "expected a whole tar archive, with"

AGAIN = "get the archive again"

ARCHIVES = [
    archive(TAR[:-10240], f"{WHOLE} more bytes at byte <…>, found the end: it is cut; {AGAIN}"),
    archive(
        header("a", 9) + b"short" + bytes(600),
        f"{WHOLE} more bytes at byte <…>, found the end: it is cut; {AGAIN}",
    ),
    archive(
        header("a", 1 << 22, b"x") + bytes(1024),
        f"{WHOLE} at most 2097152 bytes of extended headers at byte 512, found more; {AGAIN}",
    ),
    archive(
        header("a", 4, b"x") + b"9 =\n".ljust(512, b"\0") + bytes(1024),
        f"{WHOLE} an extended header at byte 516, found a damaged one; {AGAIN}",
    ),
    archive(
        header("a", b"77777777777\0") * 9,
        f"{WHOLE} more bytes at byte <…>, found the end: it is cut; {AGAIN}",
    ),
    archive(
        header("a", 11, b"x") + b"11 size=xx\n".ljust(512, b"\0") + header("b", 0) + bytes(1024),
        f"{WHOLE} a size that leaves the archive below <…> bytes at byte 1536, found 'xx'; {AGAIN}",
    ),
    archive(
        datasets.gz(TAR) + b"something else",
        f"{PACKED} (other bytes follow them); {AGAIN}",
    ),
    archive(
        datasets.gz(TAR) + gzip.compress(b"", 1) * 1300,
        f"{PACKED} (they are in too many small pieces); {AGAIN}",
    ),
    archive(
        gzip.compress(datasets.tar({"a.bin": b""})[:512] + bytes(1 << 27), 1),
        f"{PACKED} (they stand for more than 100 times as many, as no images do); {AGAIN}",
    ),
]


@pytest.mark.parametrize("case", ARCHIVES, ids=short)
def test_a_mistake(case, call, tmp_path, monkeypatch):
    check(case, call, tmp_path, monkeypatch)
