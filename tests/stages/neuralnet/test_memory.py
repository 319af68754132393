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


@pytest.fixture
def mapped(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(60, dtype=np.float32).reshape(20, 3))
    return lambda mode="r": np.load(tmp_path / "x.npy", mmap_mode=mode)


def test_a_mapped_file_is_held_and_located_by_address(mapped, tmp_path):
    array = mapped()
    for view in (array, array[5:], np.asarray(array)[7:9], array[3], mapped("r+")[2:]):
        file = memory.MappedFile(view)
        (tmp_path / "x.npy").rename(tmp_path / "y.npy")
        assert (memory.open_place(*file.place) == view).all()
        (tmp_path / "y.npy").rename(tmp_path / "x.npy")
        file.close()


def test_what_the_file_does_not_hold_is_no_mapped_file(mapped, tmp_path):
    files = len(os.listdir("/proc/self/fd"))
    array, private = mapped(), mapped("c")
    others = array[:, 1:], np.zeros(3), private, np.asarray(private)[2:]
    for other in others:
        with pytest.raises(ValueError, match="expected"):
            memory.MappedFile(other)
    for change in (
        lambda path: np.save(tmp_path / "new.npy", np.zeros((20, 3), np.float32)),
        lambda path: np.save(tmp_path / "new.npy", np.zeros(3)),
    ):
        change(tmp_path)
        os.replace(tmp_path / "new.npy", tmp_path / "x.npy")
        with pytest.raises(ValueError, match=r"expected|mmap"):
            memory.MappedFile(array)
    (tmp_path / "x.npy").unlink()
    with pytest.raises(FileNotFoundError):
        memory.MappedFile(array)
    del array, private, others, other
    assert len(os.listdir("/proc/self/fd")) == files


def test_without_proc_a_block_is_a_temporary_file(monkeypatch, tmp_path):
    real = os.path.exists
    monkeypatch.setattr("os.path.exists", lambda path: path != "/proc/self/fd" and real(path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    block = memory.SharedBlock(100)
    assert os.path.dirname(block.path) == str(tmp_path)
    memory.attach(block.path)[3] = 7
    assert block.bytes[3] == 7
    block.close()
    assert not list(tmp_path.iterdir())
