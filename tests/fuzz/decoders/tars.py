"""Tar archives to be hostile with: members of every kind, in any order, cut and damaged."""

from __future__ import annotations

import functools
from random import Random

from stages.dataset.formats.layout import CLASSES_FILE, RECORD, STANDARD_CLASSES
from stages.dataset.formats.tar import END, header, padding
from tests.fuzz.mutate import NUMBERS, damaged

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
