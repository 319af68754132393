"""Small datasets in CIFAR-10's binary layout, good and bad, for the tests."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

RECORD = 3073
ROOT = "cifar-10-batches-bin"


def records(count: int, seed: int = 0) -> bytes:
    """Random records with valid labels."""
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 256, (count, RECORD), np.uint8)
    data[:, 0] %= 10
    return data.tobytes()


def files(train: int = 2, count: int = 3) -> dict[str, bytes]:
    """`train` batches and the test batch, of `count` records each."""
    names = [f"data_batch_{i + 1}.bin" for i in range(train)] + ["test_batch.bin"]
    return {name: records(count, seed) for seed, name in enumerate(names)}


def tar(members: Mapping[str, bytes | tarfile.TarInfo], **options) -> bytes:
    """A tar archive of the members in the order given, as the standard library writes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", **options) as archive:
        for name, data in members.items():
            if isinstance(data, tarfile.TarInfo):
                archive.addfile(data)
            else:
                info = tarfile.TarInfo(f"{ROOT}/{name}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def gz(data: bytes) -> bytes:
    """`data`, compressed."""
    return gzip.compress(data, 1, mtime=0)


def write(path: Path, data: bytes) -> Path:
    """Write `data` at `path`, and give it back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
