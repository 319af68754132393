"""A result is written whole or not at all."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import StorageError
from pipeline.store.store import Store
from tests.pipeline.store.results import FIELDS, KEY, write


class TestWriting:
    def test_a_failing_writer_leaves_nothing(self, store):
        with pytest.raises(RuntimeError), store.write(KEY, FIELDS) as writer:
            writer.put("array", np.arange(3))
            raise RuntimeError
        assert not list(store.root.glob("stage/*"))
        assert store.is_absent(KEY)

    def test_leftovers_of_the_dead_are_swept(self, store):
        left = store.root / "stage" / f".tmp-{KEY.digest[:32]}-dead"
        left.mkdir(parents=True)
        write(store, array=np.arange(3))
        assert not left.exists()

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            (errno.ENOSPC, "expected space to write"),
            (errno.EDQUOT, "expected space to write"),
            (errno.EROFS, "expected a folder that can be written"),
            (errno.ENOENT, "expected a folder that can be written"),
            (errno.EACCES, "expected a folder that can be written"),
        ],
    )
    def test_the_disk_refuses(self, store, monkeypatch, number, words):
        def refuse(descriptor):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(StorageError, match=words):
            write(store, array=np.arange(3))
        monkeypatch.undo()
        assert store.is_absent(KEY)

    def test_another_fault_of_the_disk_stays_what_it_is(self, store, monkeypatch):
        def break_down(descriptor):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(os, "fsync", break_down)
        with pytest.raises(OSError, match="Input/output") as caught:
            write(store, array=np.arange(3))
        assert not isinstance(caught.value, StorageError)

    def test_a_file_in_place_of_the_folder(self, tmp_path):
        (tmp_path / "artifacts").write_text("a file")
        with pytest.raises(StorageError, match="expected a folder that can be written"):
            write(Store(tmp_path / "artifacts"), array=np.arange(3))

    def test_a_size_limit_of_the_process(self, store):
        process = multiprocessing.get_context("spawn").Process(
            target=_write_beyond_limit, args=(store.root,)
        )
        process.start()
        process.join(600)  # a busy machine takes long to start it
        assert process.exitcode == 0


def _write_beyond_limit(root: Path) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    with pytest.raises(StorageError, match="expected space to write"):
        write(Store(root), array=np.zeros(10_000))
    assert Store(root).is_absent(KEY)
