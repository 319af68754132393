"""ByteStream: the same bytes whatever the packing; no cut and no flipped bit unnoticed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from stages.dataset.formats.inflate import BLOCK, ByteStream
from tests.everyday import long_but

PACKERS = {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
NOISE = np.random.default_rng(0).bytes(3 * BLOCK // 2)


def stream(data: bytes, **options) -> ByteStream:
    return ByteStream(io.BytesIO(data), Path("x"), **options)


def everything(data: bytes) -> bytes:
    return stream(data).read(1 << 24)


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_read_skip_and_position(pack):
    content = NOISE + bytes(3 * BLOCK) + NOISE
    taken = []
    packed = pack(content)
    bytes_of = stream(packed, advance=taken.append)
    assert bytes_of.read(10) == content[:10]
    assert bytes_of.skip(BLOCK) == BLOCK
    assert bytes_of.position == BLOCK + 10
    rest = content[BLOCK + 10 :]
    assert bytes_of.read(len(rest) + 5) == rest
    assert bytes_of.read(1) == b""
    assert bytes_of.skip(7) == 0
    assert bytes_of.position == len(content)
    assert sum(taken) == len(packed)


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
@pytest.mark.parametrize("content", [b"", b"a", NOISE])
def test_streams_one_after_the_other(pack, content):
    assert everything(pack(content) + pack(b"second")) == content + b"second"


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
def test_padding_passes_and_garbage_does_not(name):
    packed = PACKERS[name](b"content")
    assert everything(packed + bytes(2 * BLOCK)) == b"content"
    for garbage in (
        b"x",
        b"\0x",
        bytes(BLOCK) + b"garbage",
        PACKERS["bzip2" if name != "bzip2" else "xz"](b""),
    ):
        with pytest.raises(DataError, match=r"^x: the compressed bytes are cut or damaged"):
            everything(packed + garbage)


def test_streams_may_meet_anywhere_in_a_block():
    sizes = set()
    for length in range(BLOCK - 60, BLOCK - 20):
        packed = gzip.compress(NOISE[:length], 0)
        sizes.add(len(packed))
        assert everything(packed + gzip.compress(b"more")) == NOISE[:length] + b"more"
    assert sizes > set(range(BLOCK - 6, BLOCK + 2))


@pytest.mark.parametrize("name", long_but(("gzip",), ("gzip", "bzip2", "xz")))
def test_every_cut_and_every_flipped_bit_is_noticed(name):
    content = NOISE[:300]
    packed = bytearray(PACKERS[name](content))
    for at in range(6, len(packed), 3):
        with pytest.raises(DataError, match=r"cut or damaged.*get the archive again"):
            everything(bytes(packed[:at]))
    for bit in range(0, 8 * len(packed), 7):
        packed[bit // 8] ^= 1 << bit % 8
        try:
            found = everything(bytes(packed))
            # A header's time stamp may flip, or so may the magic: then it is another file.
            assert found == content or bit // 8 < 10, bit
        except DataError:
            pass
        packed[bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
@pytest.mark.long
def test_a_bomb_is_read_in_bounded_memory(name):
    bomb = PACKERS[name](bytes(1 << 25))
    tracemalloc.start()
    try:
        assert stream(bomb).skip(1 << 30) == 1 << 25
        assert tracemalloc.get_traced_memory()[1] < 1 << 24  # 8 MiB of them xz's window
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
@pytest.mark.long
def test_few_bytes_that_stand_for_very_many_are_refused(name, monkeypatch):
    monkeypatch.setattr("stages.dataset.formats.inflate.FREE", 1 << 22)
    bomb = PACKERS[name](bytes(1 << 25))
    with pytest.raises(DataError, match="they stand for more than 100 times as many"):
        stream(bomb).skip(1 << 30)


def test_very_many_streams_that_bring_nothing_are_refused():
    packed = gzip.compress(b"", 1)
    assert everything(packed * 1000) == b""
    with pytest.raises(DataError, match="they are in too many small pieces"):
        everything(packed * 1002)
    content = NOISE[: 1 << 18]
    pieces = (gzip.compress(content[at : at + 1200], 1) for at in range(0, len(content), 1200))
    assert everything(b"".join(pieces) * 8) == content * 8


def test_xz_that_wants_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr("stages.dataset.formats.inflate.XZ_MEMORY", 1 << 20)
    with pytest.raises(DataError, match=r"cut or damaged \(Memory usage limit exceeded\)"):
        everything(lzma.compress(b"small"))


def test_packed_bytes_stay_packed_where_they_must():
    assert stream(gzip.compress(b"a"), unpack=False).read(2) == b"\x1f\x8b"


def test_a_disk_that_fails(monkeypatch):
    class Failing(io.BytesIO):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(DataError, match="x: cannot be read: Input/output error"):
        ByteStream(Failing(), Path("x"))


@given(st.sampled_from([b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0"]), st.binary(max_size=200))
def test_anything_gives_bytes_or_a_data_error(magic, data):
    with suppress(DataError):
        everything(magic + data)
