"""ByteStream: the bytes of a file, decompressed on the way, front to back and once.

Files from outside may be anything, so nothing is trusted: a read never holds more than what was
asked for, whatever the file promises; the end of the bytes is an error unless it is where the
format says; and the checksums that gzip, bzip2 and xz carry are verified by reading on to the very
end. Nor does a small file keep anybody busy for long: a kilobyte of bzip2 can stand for a gigabyte
of zeros, and a megabyte of gzip for fifty thousand empty files, and neither is a dataset.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import DataError

BLOCK = 1 << 18
PIECE = 1 << 14  # bytes that a decompressor gets at once; it copies what it does not use
RATIO = 100  # bytes that a packed byte may stand for, once they are more than
FREE = 1 << 26
STREAMS = 1000  # that may follow each other without bringing
LEAST = 1 << 10  # bytes each
MAGIC = 6  # bytes: the longest beginning that identifies a format
XZ_MEMORY = 1 << 27  # bytes; `xz -9` needs 65 MiB to decompress


def _bzip2() -> Any:
    import bz2  # here and not above: commands that decode nothing start faster without it

    return bz2.BZ2Decompressor()


def _xz() -> Any:
    import lzma

    return lzma.LZMADecompressor(memlimit=XZ_MEMORY)


DECOMPRESSORS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    b"BZh": _bzip2,
    b"\xfd7zXZ\0": _xz,
}


def decompressor(head: bytes) -> Callable[[], Any] | None:
    """What makes decompressors for a file that begins with `head`; None where it is not packed."""
    return next((make for magic, make in DECOMPRESSORS.items() if head.startswith(magic)), None)


class ByteStream:
    """The bytes of `file`, a binary file at its beginning, decompressed unless not `unpack`.

    `path` is for error messages. `advance` is called with the number of bytes taken from the
    file as they are taken. `position` counts the bytes given out. Reading raises `DataError`.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        advance: Callable[[int], Any] = lambda amount: None,
        unpack: bool = True,
    ) -> None:
        self.position = 0
        self.path = path
        self._file = file
        self._advance = advance
        self._taken = self._made = self._streams = 0
        self._ahead = memoryview(self._take())  # bytes of the file that wait to be decompressed
        self._make = decompressor(bytes(self._ahead[:MAGIC])) if unpack else None
        self._machine: Any = self._make() if self._make else None
        self._left = b""  # those of them that the last decompressor left
        self._block = memoryview(b"")  # decompressed bytes that wait to be read

    def read_into(self, target: memoryview) -> int:
        """Fill `target` as far as there are bytes, and return how far."""
        filled = 0
        while filled < len(target):
            if not self._block:
                self._block = memoryview(self._next())
                if not self._block:
                    break
            count = min(len(self._block), len(target) - filled)
            target[filled : filled + count] = self._block[:count]
            self._block = self._block[count:]
            filled += count
        self.position += filled
        return filled

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        data = bytearray(size)
        return bytes(data[: self.read_into(memoryview(data))])

    def peek(self, size: int) -> bytes:
        """The next bytes, up to `size` of them, which the next read gives again."""
        data = self.read(size)
        self._block = memoryview(data + bytes(self._block))
        self.position -= len(data)
        return data

    def skip(self, size: int) -> int:
        """Pass over up to `size` bytes, and return over how many."""
        scratch, left = memoryview(bytearray(min(size, BLOCK))), size
        while left:
            count = self.read_into(scratch[:left])
            if not count:
                break
            left -= count
        return size - left

    def _take(self) -> bytes:
        try:
            data = self._file.read(BLOCK)
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read: {error.strerror}") from error
        self._taken += len(data)
        self._advance(len(data))
        return data

    def _next(self) -> bytes:
        """The next bytes, at most `BLOCK` of them; none at the end."""
        if self._machine is None:
            ahead, self._ahead = bytes(self._ahead), memoryview(b"")
            return ahead or self._take()
        while not self._machine.eof or self._begin_again():
            packed = self._input()
            try:
                data: bytes = self._machine.decompress(packed, BLOCK)
            except Exception as error:  # each of the three libraries has its own
                raise self._refused(str(error)) from error
            self._made += len(data)
            if self._made > FREE + RATIO * self._taken:
                raise self._refused(
                    f"they stand for more than {RATIO} times as many, as no images do"
                )
            if data:
                return data
        return b""

    def _input(self) -> bytes:
        """What the decompressor wants next. zlib hands back what it left; the others keep it."""
        left: bytes = getattr(self._machine, "unconsumed_tail", b"")
        if left or not getattr(self._machine, "needs_input", True):
            return left
        data, self._left = self._left or self._piece(), b""
        if not data:
            raise self._refused("they end too early")
        return data

    def _piece(self) -> bytes:
        """The next bytes of the file, at most `PIECE` of them; none at the end."""
        self._ahead = self._ahead or memoryview(self._take())
        piece, self._ahead = self._ahead[:PIECE], self._ahead[PIECE:]
        return bytes(piece)

    def _begin_again(self) -> bool:
        """Whether another packed stream follows the one that ended, as `cat a.gz b.gz` makes."""
        rest = self._machine.unused_data.lstrip(b"\0")  # tapes and some tools pad with zeros
        while len(rest) < MAGIC and (more := self._piece()):
            rest = (rest + more).lstrip(b"\0")
        if not rest:
            return False
        if self._make is None or decompressor(rest) is not self._make:
            raise self._refused("other bytes follow them")
        self._streams += 1
        if self._streams > STREAMS + self._made // LEAST:
            raise self._refused("they are in too many small pieces")
        self._left, self._machine = rest, self._make()
        return True

    def _refused(self, what: str) -> DataError:
        return DataError(
            f"{self.path}: the compressed bytes are cut or damaged ({what}); get the archive again"
        )
