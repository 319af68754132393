"""Watch: files are what they would be without it, and every operation is seen."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.crash.watch import Watcher, watching

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux")


class Log(Watcher):
    def __init__(self, root: Path) -> None:
        self.root, self.kinds = root, []

    def after(self, operation) -> None:
        self.kinds.append((operation.kind, operation.path.removeprefix(f"{self.root}/")))


def test_files_are_as_ever(tmp_path):
    with watching(tmp_path, Watcher()):
        (tmp_path / "text").write_text("äöü\n", "utf-8")
        assert (tmp_path / "text").read_text("utf-8") == "äöü\n"
        with open(tmp_path / "both", "w+b") as file:
            file.write(b"1234")
            file.seek(1)
            assert file.read() == b"234"
        np.save(tmp_path / "array.npy", np.arange(3))
        assert np.load(tmp_path / "array.npy", mmap_mode="r").tolist() == [0, 1, 2]
        assert sorted(path.name for path in tmp_path.iterdir()) == ["array.npy", "both", "text"]
        with pytest.raises(FileExistsError):
            open(tmp_path / "both", "xb").close()


def test_every_operation_is_seen(tmp_path):
    log = Log(tmp_path)
    with watching(tmp_path, log):
        (tmp_path / "a").mkdir()
        with open(tmp_path / "a" / "b", "xb", buffering=0) as file:
            file.write(b"12")
            os.fsync(file.fileno())
        os.utime(tmp_path / "a" / "b")
        (tmp_path / "a" / "b").replace(tmp_path / "a" / "c")
        shutil.rmtree(tmp_path / "a")
    changes = [pair for pair in log.kinds if pair[0] not in ("stat", "open", "list")]
    assert changes == [
        ("mkdir", "a"),
        ("create", "a/b"),
        ("write", "a/b"),
        ("fsync", "a/b"),
        ("utime", "a/b"),
        ("rename", "a/b"),
        ("unlink", "a/c"),
        ("rmdir", "a"),
    ]


def test_what_lies_elsewhere_is_not_seen(tmp_path):
    (tmp_path / "here").mkdir()
    log = Log(tmp_path / "here")
    with watching(tmp_path / "here", log):
        (tmp_path / "there").write_bytes(b"1")
    assert log.kinds == []


def test_a_write_that_fails_has_written_half(tmp_path):
    class Full(Watcher):
        def before(self, operation) -> None:
            if operation.kind == "write":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with watching(tmp_path, Full()), pytest.raises(OSError, match="No space"):
        with open(tmp_path / "a", "xb", buffering=0) as file:
            file.write(b"1234")
    assert (tmp_path / "a").read_bytes() == b"12"
