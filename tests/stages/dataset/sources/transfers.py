"""Transfers for tests: a file to fetch, who listens, and what to expect of it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from pipeline.context import Context
from pipeline.errors import DataError
from pipeline.store.files import File
from stages.dataset.formats.kinds import check_download
from stages.dataset.sources import transfer
from tests.stages.datasets import files, gz, tar

CONTENT = gz(tar(files(train=4, count=8)))
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)
OTHER = gz(tar(files(train=3, count=8)))


class Listening(Context):
    """Remembers what is reported; `until` bytes have come, then it interrupts."""

    def __init__(self, until: int | None = None) -> None:
        self.messages: list[str] = []
        self.totals: list[int | None] = []
        self.left = until

    def info(self, message):
        self.messages.append(message)

    def progress(self, label, total=None, unit="rows"):
        self.totals.append(total)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def advance(self, amount=1, note=""):
        if self.left is not None:
            self.left -= amount
            if self.left <= 0:
                raise KeyboardInterrupt


def fetch(urls, target, sha256=SHA256, delays=(0, 0), **options):
    """Fetch quickly; without a digest, by the archive's own checksums."""
    urls = [urls] if isinstance(urls, str) else urls
    options = {"check": check_download, "timeout": 5} | options
    return transfer.fetch(urls, target, sha256=sha256, delays=delays, **options)


def failure(urls, target, **options) -> str:
    with pytest.raises(DataError) as caught:
        fetch(urls, target, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert not target.exists()
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", message)


def is_there(target: Path, file: File) -> None:
    """The right file, and nothing but it and the lock."""
    assert target.read_bytes() == CONTENT
    assert file == File(target, SIZE, SHA256)
    assert {path.name for path in target.parent.iterdir()} <= {target.name, f"{target.name}.lock"}
