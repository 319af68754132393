"""Archives: compressed streams, and the readers of tar headers and of datasets in archives."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import zlib
from pathlib import Path
from random import Random

import numpy as np

from pipeline.store.files import File, Files
from stages.dataset.formats.inflate import ByteStream
from stages.dataset.formats.kinds import check_download
from stages.dataset.formats.tar import members
from stages.decode import decode
from tests.fuzz.decoders import Decoder
from tests.fuzz.decoders.tars import entry, tar
from tests.fuzz.mutate import damaged, noise

PACKERS = {
    "gzip": lambda data: gzip.compress(data, 1, mtime=0),
    "bzip2": lambda data: bz2.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
}


@functools.cache
def bombs() -> tuple[bytes, ...]:
    """Few bytes that stand for many: of nothing, and of an archive's unknown member."""
    size = 100 << 20
    head = entry("zeros", b"", size=4 * size)
    found = [b"\x1f\x8b\x08\0\0\0\0\0\0\3" * 2000, gzip.compress(b"", 1, mtime=0) * 10_000]
    for make in (lambda: zlib.compressobj(9, zlib.DEFLATED, 31), bz2.BZ2Compressor):
        machine = make()
        zeros = bytes(1 << 20)
        found.append(
            machine.compress(head)
            + b"".join(machine.compress(zeros) for _ in range(size >> 20))
            + machine.flush()
        )
        found.append(found[-1] * 8)
    return (*found, lzma.compress(head + bytes(size), preset=0))


def packed(rng: Random, data: bytes) -> bytes:
    """A compressed stream, whole or damaged, alone or with something behind it."""
    if rng.random() < 0.0005:
        return rng.choice(bombs())
    pack = PACKERS[rng.choice(("gzip",) * 14 + ("bzip2", "xz"))]
    found = pack(data)
    way = rng.random()
    if way < 0.45:
        found = damaged(rng, found, 2)
    elif way < 0.55:
        found += rng.choice((bytes(700), b"x", found, pack(b""), found[:5], noise(rng)))
    elif way < 0.65:
        at = rng.randrange(len(data) + 1)
        found = pack(data[:at]) + pack(data[at:])
    return found


def make_archive(rng: Random) -> tuple[str, bytes]:
    data = tar(rng)
    name = rng.choice(("cifar.tar.gz", "cifar.tar", "x", "data_batch_1.bin"))
    return name, data if rng.random() < 0.5 else packed(rng, data)


def read_archive(case: tuple[str, bytes], folder: Path) -> bool:
    path = folder / "archive"
    path.write_bytes(case[1])
    if case[0] == "x":
        check_download(path, "the answer of a server")
        return True
    read_dataset(Files((File(path, len(case[1]), "0" * 64),)))
    return True


def read_dataset(files: Files) -> None:
    """Decode all of it, and check what came out."""
    blocks, counts = decode(files), {"train": 0, "test": 0}
    total = 0
    while True:
        try:
            block = next(blocks)
        except StopIteration as end:
            dataset = end.value["dataset"]
            break
        images, labels = block["images"], block["labels"]
        assert images.dtype == labels.dtype == np.uint8
        assert images.shape == (len(labels), 3, 32, 32)
        assert labels.max() < 10
        total += len(labels)
    counts = dataset["train"], dataset["test"]
    assert min(counts) > 0
    assert sum(counts) == total
    assert len(set(dataset["classes"])) == 10
    assert all(name.isprintable() for name in dataset["classes"])


def read_members(data: bytes, folder: Path) -> bool:
    for member in members(ByteStream(io.BytesIO(data), Path("a.tar"), unpack=False)):
        assert member.size >= 0
    return True


def read_stream(data: bytes, folder: Path) -> bool:
    stream = ByteStream(io.BytesIO(data), Path("a.gz"))
    while stream.skip(1 << 20):
        pass
    return True


def make_stream(rng: Random) -> bytes:
    return noise(rng) if rng.random() < 0.1 else packed(rng, rng.randbytes(40) * rng.randrange(90))


DECODERS = {
    "compressed stream": Decoder(make_stream, read_stream, 90),
    "tar headers": Decoder(tar, read_members, 140),
    "archive": Decoder(make_archive, read_archive, 140),
}
