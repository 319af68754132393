"""Tar archives, read front to back and written to the bit.

A tar archive is a row of 512-byte headers, each followed by its member's bytes padded to the next
multiple of 512, and zeros at the end (POSIX.1-1988 "ustar", POSIX.1-2001 "pax", and GNU's long
names). The standard library's reader takes the first unreadable header for the end of the archive,
so that an archive with one flipped bit is an archive with fewer files, and it holds headers of any
size in memory; this one refuses both. Links, devices and folders are not taken for files; nothing
is ever extracted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import DataError
from stages.dataset.formats.inflate import ByteStream

BLOCK = 512
END = bytes(2 * BLOCK)
MEMBERS = 10_000
EXTENSION = 1 << 21  # bytes of all extended headers together
BYTES = 1 << 36  # of all members together
_FIELDS = struct.Struct("100s 8s 8s 8s 12s 12s 8s c 100s 8s 32s 32s 8s 8s 155s 12x")
_WANTED = (b"path", b"size", b"GNU.sparse.major")
_WITHOUT_DATA = b"123456"  # links, devices, folders, pipes: their size, if any, means nothing


@dataclass(frozen=True)
class TarMember:
    """A member of an archive. Its bytes are next in the stream when it is handed out."""

    name: str
    size: int
    is_file: bool


def members(stream: ByteStream, limit: int | None = None) -> Iterator[TarMember]:
    """The members in the archive's order, at most `limit`; what is not read is passed over.

    Raises `DataError` where the stream is no tar archive, is damaged, or ends too early. After the
    last member the stream is read to its end, so that its checksums are verified.
    """
    limit = limit or MEMBERS
    longer: dict[str, str] = {}  # what an extended header says of the member after it
    left = EXTENSION
    for _ in range(limit):
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise _refused(stream, "more bytes", "the end: it is cut")
        if not block.strip(b"\0"):
            _drain(stream)
            return
        name, size, kind = _parse(block, stream)
        if kind in b"xgLK":
            if size > left:
                raise _refused(stream, f"at most {EXTENSION} bytes of extended headers", "more")
            left -= size
            data = stream.read(size)
            if kind == b"x":
                longer |= _records(data, stream)
            elif kind == b"L":
                longer["path"] = _text(data)
            _pass(stream, -size % BLOCK)
            continue
        name = longer.get("path", name)
        size = _size(longer["size"].encode(), stream, 10) if "size" in longer else size
        end = stream.position + (0 if kind in _WITHOUT_DATA else size + -size % BLOCK)
        is_file = kind in b"\x0007" and not name.endswith("/") and "GNU.sparse.major" not in longer
        yield TarMember(name, size, is_file)
        longer = {}
        _pass(stream, end - stream.position)
    raise _refused(stream, f"at most {limit} members", "more")


def looks_like_tar(head: bytes) -> bool:
    """Whether these bytes, the first 512 or more of a file, begin a tar archive."""
    return len(head) >= BLOCK and _checksum_fits(head[:BLOCK])


def header(name: str, size: int) -> bytes:
    """The ustar header of a file: 512 bytes that depend on nothing but the arguments."""
    owner = b"0000000\0"
    block = _FIELDS.pack(
        *(name.encode("ascii"), b"0000644\0", owner, owner, b"%011o\0" % size, b"%011o\0" % 0),
        *(b" " * 8, b"0", b"", b"ustar\00000", b"", b"", owner, owner, b""),
    )
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padding(size: int) -> bytes:
    """The zeros that follow a member of `size` bytes."""
    return bytes(-size % BLOCK)


def _parse(block: bytes, stream: ByteStream) -> tuple[str, int, bytes]:
    if not _checksum_fits(block):
        raise _refused(stream, "the header of a member", "one whose checksum does not fit")
    fields = _FIELDS.unpack(block)
    name, size, kind, magic, prefix = (fields[i] for i in (0, 4, 7, 9, 14))
    name = _text(name)
    if prefix[:1] != b"\0" and magic == b"ustar\00000":  # GNU keeps other things in this field
        name = f"{_text(prefix)}/{name}"
    if size[0] & 0x80:  # GNU's binary numbers, for more than 8 GiB
        size = str(int.from_bytes(size[1:], "big")).encode()
        return name, _size(size, stream, 10), kind
    return name, _size(size.strip(b" \0") or b"0", stream, 8), kind


def _checksum_fits(block: bytes) -> bool:
    rest = block[:148] + b" " * 8 + block[156:]
    signed = sum(rest) - 256 * sum(byte > 127 for byte in rest)  # as some old programs count
    try:
        return int(block[148:156].strip(b" \0"), 8) in (sum(rest), signed)
    except ValueError:
        return False


def _size(digits: bytes, stream: ByteStream, base: int) -> int:
    if digits.isdigit() and len(digits) <= 30:
        try:
            size = int(digits, base)
        except ValueError:
            size = BYTES + 1
        if stream.position + size <= BYTES:
            return size
    raise _refused(stream, f"a size that leaves the archive below {BYTES} bytes", _shown(digits))


def _records(data: bytes, stream: ByteStream) -> dict[str, str]:
    """Those of the records `LENGTH KEY=VALUE newline` of a pax header that matter here."""
    records, start = {}, 0
    while start < len(data):
        length, space, _ = data[start : start + 20].partition(b" ")
        end = start + int(length) if space and length.isdigit() else 0
        body = data[start + len(length) + 1 : max(end - 1, start)]
        if b"=" not in body or end > len(data):
            raise _refused(stream, "an extended header", "a damaged one")
        key, _, value = body.partition(b"=")
        if key in _WANTED:
            records[key.decode()] = _text(value)
        start = end
    return records


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def _shown(data: bytes) -> str:
    return repr(data.decode("ascii", "replace"))


def _pass(stream: ByteStream, size: int) -> None:
    if stream.skip(size) < size:
        raise _refused(stream, "more bytes", "the end: it is cut")


def _drain(stream: ByteStream) -> None:
    while stream.skip(1 << 24):
        if stream.position > BYTES:
            raise _refused(stream, f"at most {BYTES} bytes", "more")


def _refused(stream: ByteStream, expected: str, found: str) -> DataError:
    return DataError(
        f"{stream.path}: expected a whole tar archive, with {expected} at byte {stream.position}, "
        f"found {found}; get the archive again"
    )
