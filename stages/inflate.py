"""ByteStream: the bytes of a file, decompressed on the way, front to back and once.

Files from outside may be anything, so nothing is trusted: a read never holds more than what was
asked for, whatever the file promises (a kilobyte of gzip can stand for a megabyte of zeros); the
end of the bytes is an error unless it is where the format says; and the checksums that gzip, bzip2
and xz carry are verified by reading on to the very end.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import DataError

BLOCK = 1 << 18
MAGIC = 6  # bytes: the longest beginning that tells a format
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
        self._ahead = self._take()  # bytes of the file that wait to be decompressed
        self._make = decompressor(self._ahead) if unpack else None
        self._machine = self._make() if self._make else None
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
        self._advance(len(data))
        return data

    def _next(self) -> bytes:
        """The next bytes, at most `BLOCK` of them; none at the end."""
        if self._machine is None:
            data, self._ahead = self._ahead or self._take(), b""
            return data
        while not self._machine.eof or self._begin_again():
            packed = self._input()
            try:
                data = self._machine.decompress(packed, BLOCK)
            except Exception as error:  # each of the three libraries has its own
                raise self._damaged(str(error)) from error
            if data:
                return data
        return b""

    def _input(self) -> bytes:
        """What the decompressor wants next. zlib hands back what it left; the others keep it."""
        left = getattr(self._machine, "unconsumed_tail", b"")
        if left or not getattr(self._machine, "needs_input", True):
            return left
        data, self._ahead = self._ahead or self._take(), b""
        if not data:
            raise self._damaged("they end too early")
        return data

    def _begin_again(self) -> bool:
        """Whether another packed stream follows the one that ended, as `cat a.gz b.gz` makes."""
        rest = self._machine.unused_data + self._ahead
        while not rest.strip(b"\0"):  # tapes and some tools pad with zeros
            rest = self._take()
            if not rest:
                return False
        rest = rest.lstrip(b"\0")
        self._ahead = rest if len(rest) >= MAGIC else rest + self._take()
        if decompressor(self._ahead) is not self._make:
            raise self._damaged("something else follows them")
        self._machine = self._make()
        return True

    def _damaged(self, what: str) -> DataError:
        return DataError(
            f"{self.path}: the compressed bytes are cut or damaged ({what}); get the archive again"
        )
