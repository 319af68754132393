"""Archives: compressed streams, tar headers of every kind, and datasets inside them."""

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
from stages.dataset.formats.layout import CLASSES_FILE, RECORD, STANDARD_CLASSES
from stages.dataset.formats.tar import END, header, members, padding
from stages.decode import decode
from tests.fuzz.decoders import Decoder
from tests.fuzz.mutate import NUMBERS, damaged, noise

NAMES = ["data_batch_1.bin", "data_batch_2.bin", "test_batch.bin", CLASSES_FILE]
ODD_NAMES = ["../" * 8 + "etc/passwd", "/data_batch_1.bin", "a/../../test_batch.bin", "", ".", "x/"]
ODD_NAMES += ["data_batch_1.bin/", "data_batch_1", "data_batch_².bin", "\x1b[2J.bin", "x" * 99]
KINDS = b"01234567xgLKSVMNDX\0A\xff"
KEYS = ["path", "size", "linkpath", "mtime", "GNU.sparse.major", "GNU.sparse.name", "", "=", "é"]


def checked(block: bytes) -> bytes:
    """A tar header with the checksum that it should have."""
    block = block[:148] + b" " * 8 + block[156:]
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def entry(name: str, data: bytes, kind: bytes = b"0", size: int | None = None) -> bytes:
    """A member: its header, its bytes and their padding."""
    block = header("x", len(data) if size is None else size)
    raw = name.encode("utf-8", "surrogatepass")[:100].ljust(100, b"\0")
    return checked(raw + block[100:156] + kind + block[157:]) + data + padding(len(data))


def contents(rng: Random, name: str) -> bytes:
    """What a file of a dataset holds, nearly always as it should be."""
    if name == CLASSES_FILE:
        return "\n".join(STANDARD_CLASSES).encode()
    data = b"".join(
        bytes([rng.randrange(10)]) + rng.randbytes(4) * 768 for _ in range(rng.randint(1, 2))
    )
    assert len(data) % RECORD == 0
    return damaged(rng, data, 1) if rng.random() < 0.08 else data


def extended(rng: Random) -> bytes:
    """The data of a pax header: records `LENGTH KEY=VALUE`, with lengths that may lie."""
    records = b""
    for _ in range(rng.randint(1, 4)):
        values = [*NAMES, "0", "3073", "-1", "9" * 25, str(rng.choice(NUMBERS)), "x" * 200]
        body = f" {rng.choice(KEYS)}={rng.choice(values)}\n".encode()
        length = len(body) + len(str(len(body) + 2))
        records += str(length + rng.choice((0, 0, 0, 0, -1, 1, 100))).encode() + body
    return damaged(rng, records, 2) if rng.random() < 0.3 else records


def odd_entry(rng: Random) -> bytes:
    """A member that is no plain file, or lies about what it is."""
    kind = bytes([rng.choice(KINDS)])
    name = rng.choice(NAMES + ODD_NAMES)
    if kind in b"xg":
        return entry("pax", extended(rng), kind)
    if kind in b"LK":
        long = rng.choice(("a/" * 80, "x" * 300, "../" * 60)) + rng.choice(NAMES)
        return entry("././@LongLink", long.encode() + b"\0", kind)
    data = contents(rng, name) if rng.random() < 0.5 else b""
    made = bytearray(entry(name, data, kind))
    if rng.random() < 0.3:  # GNU's binary size, or digits that are none
        wide = b"\x80" + rng.choice(NUMBERS).to_bytes(16, "big")[-11:]
        made[124:136] = rng.choice(
            (wide, b"\xff" * 12, b"77777777777\0", b"           8", b"-1" * 6)
        )
        made[:512] = checked(bytes(made[:512]))
    return bytes(made)


def tar(rng: Random) -> bytes:
    """An archive of a small dataset, damaged in one way or another."""
    parts = [entry(f"cifar/{name}", contents(rng, name)) for name in NAMES]
    way = rng.random()
    if way < 0.5:
        for _ in range(rng.randint(1, 3)):
            parts.insert(rng.randrange(len(parts) + 1), odd_entry(rng))
    elif way < 0.6:
        parts.append(rng.choice(parts))
    elif way < 0.7:
        del parts[rng.randrange(len(parts))]
    if rng.random() < 0.3:
        rng.shuffle(parts)
    data = b"".join(parts) + END[: rng.choice((1024, 1024, 1024, 512, 0))]
    if way > 0.8:
        data = damaged(rng, data)
    if rng.random() < 0.002:
        data = rng.choice(GREEDY)()
    return data


@functools.cache
def many_records() -> bytes:
    """Extended headers as large as any that is read, of the shortest records there are."""
    one = entry("pax", b"4 =\n" * (1 << 18), b"x")
    return one * 3 + entry("data_batch_1.bin", b"") + END


@functools.cache
def many_members() -> bytes:
    return entry("nothing", b"") * 10_001 + END


GREEDY = (many_records, many_members, lambda: entry("x", b"", size=8**11 - 1) + END)

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
