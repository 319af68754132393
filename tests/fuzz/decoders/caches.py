"""What is only remembered, and counts as nothing where it is damaged: digests, tables of code."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import tempfile
from pathlib import Path
from random import Random

from pipeline.code import CodeIndex
from pipeline.store.files import DigestCache, identify
from tests.fuzz.decoders import Decoder
from tests.fuzz.mutate import any_value, damaged, damaged_json, json_bytes
from tests.pipeline import shop

CONTENT = b"the content of a file" * 10
TRUTH = hashlib.sha256(CONTENT).hexdigest()


def make_digests(rng: Random) -> bytes:
    """A cache for one file; its path, stamp and checksum are filled in where the file lies."""
    value = {"@FILE@": ["@STAMP@", TRUTH], "/other": [[1, 2, 3, 4], "ff" * 32]}
    if rng.random() < 0.2:
        value = {"@FILE@": any_value(rng)}
    text = json_bytes(rng, damaged_json(rng, value))
    return (
        b"@CHECKSUM@\n" + text
        if rng.random() < 0.9
        else damaged(rng, TRUTH.encode() + b"\n" + text)
    )


def read_digests(data: bytes, folder: Path) -> bool:
    path, cache = folder / "file.bin", folder / ".digests.json"
    if not path.exists():
        path.write_bytes(CONTENT)
        os.utime(path, ns=(10**18, 10**18))
    status = path.stat()
    stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    data = data.replace(b"@FILE@", str(path).encode())
    data = data.replace(b'"@STAMP@"', json.dumps(stamp).encode())
    checksum = hashlib.sha256(data.removeprefix(b"@CHECKSUM@\n")).hexdigest().encode()
    cache.write_bytes(data.replace(b"@CHECKSUM@", checksum, 1))
    found = identify(path, cache=DigestCache(cache)).files[0].sha256
    assert found == TRUTH or found.encode() in data
    return DigestCache(cache).get(path, status) is not None


@functools.cache
def _tables() -> bytes:
    """What an analysis of the shop's code leaves behind."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / ".code.json"
        CodeIndex(cache).reached(_function())
        return cache.read_bytes() if cache.exists() else b"\n"


def _function() -> object:
    return next(iter(shop.SHOP.stages.values())).function


@functools.cache
def _reached() -> tuple[str, dict[str, str]]:
    return _identity(CodeIndex())


def _identity(index: CodeIndex) -> tuple[str, dict[str, str]]:
    """What the code of a stage is identified by, and the digests that are shown to people."""
    reached = index.reached(_function())
    return reached.graph, reached.symbols


def make_tables(rng: Random) -> bytes:
    checksum, _, text = _tables().partition(b"\n")
    way = rng.random()
    if way < 0.1:
        return _tables()
    if way < 0.5:
        return damaged(rng, checksum + b"\n" + text)
    if way < 0.7:
        text = json_bytes(rng, any_value(rng))
    elif way < 0.9:
        text = json.dumps(
            rng.choice(([any_value(rng), 2], [json.loads(text or "[0]")[0], any_value(rng)]))
        ).encode()
    else:
        text = b"[" * rng.choice((10, 100_000))
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


def read_tables(data: bytes, folder: Path) -> bool:
    cache = folder / ".code.json"
    cache.write_bytes(data)
    assert _identity(CodeIndex(cache)) == _reached()
    return cache.read_bytes() == data  # else it has been made anew


DECODERS = {
    "digest cache": Decoder(make_digests, read_digests, 50, ()),
    "code cache": Decoder(make_tables, read_tables, 12, ()),
}
