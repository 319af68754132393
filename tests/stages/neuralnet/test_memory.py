from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from stages.neuralnet import memory

SHAPES = {"a": ((3, 5), np.float32), "b": ((0,), np.int64), "c": ((7,), np.float64)}


def test_arrays_lie_apart_and_on_cache_lines():
    block = memory.aligned(memory.measure(SHAPES), np.uint8)
    arrays = memory.carve(block, SHAPES)
    for number, (name, (shape, dtype)) in enumerate(SHAPES.items(), 1):
        assert (arrays[name].shape, arrays[name].dtype) == (shape, dtype)
        assert arrays[name].ctypes.data % 64 == 0
        arrays[name][...] = number
    assert arrays["a"].sum() == 15
    assert arrays["c"].sum() == 21
    assert block.nbytes == 128


def no_memfd(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.mark.parametrize("anonymous", [True, False])
def test_a_shared_block_is_seen_by_all_and_leaves_nothing(anonymous, monkeypatch, tmp_path):
    if not anonymous:
        no_memfd(monkeypatch, tmp_path)
    block = memory.SharedBlock(100)
    other = memory.attach(block.path)
    assert not other.any()
    block.bytes[7] = 3
    assert other[7] == 3
    block.close()
    assert other[7] == 3
    assert not list(tmp_path.iterdir())
    assert not Path(block.path).exists()


def test_a_block_that_cannot_be_made_leaves_nothing():
    files = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="Invalid argument"):
        memory.SharedBlock(-1)
    assert len(os.listdir("/proc/self/fd")) == files


def test_a_mapped_file_is_located_by_address(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(60, dtype=np.float32).reshape(20, 3))
    mapped = np.load(path, mmap_mode="r")
    for view in (mapped, mapped[5:], np.asarray(mapped)[7:9], mapped[3]):
        place = memory.locate(view)
        assert place[0] == str(path)
        assert (memory.open_located(*place) == view).all()
    assert memory.locate(mapped[:, 1:]) is None
    assert memory.locate(np.zeros(3)) is None
