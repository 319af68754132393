"""The synthetic source: the same bytes everywhere, a dataset that can be learned, no more."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pipeline.errors import StorageError
from pipeline.store.files import identify
from stages.dataset.formats.layout import SHAPE_CLASSES
from stages.dataset.sources import shapes
from stages.dataset.sources.synthetic import archive_name, generate, records
from stages.decode import decode

GOLDEN = {
    50: "88524180c0b29d42d3e8dd3fe8d58f7f80f1b9e7a4b74a395eeff32285c23eaa",
    2500: "baf348e1f7023641c89b95b68d592095f8ebf408953a2e61cc1959ea86b7db71",
}


def load(files) -> tuple[np.ndarray, np.ndarray]:
    blocks = list(decode(files))
    return tuple(np.concatenate([block[key] for block in blocks]) for key in ("images", "labels"))


@pytest.mark.parametrize("size", GOLDEN)
def test_the_same_bytes_on_every_machine(tmp_path, size):
    files = generate(tmp_path / "new", size)
    assert files == identify(tmp_path / "new" / archive_name(size))
    assert files.files[0].sha256 == GOLDEN[size]
    found = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert found == [archive_name(size)]


def test_what_is_there_is_kept_where_it_is_right(tmp_path):
    files = generate(tmp_path, 50)
    path = files.files[0].path
    before = path.stat()
    assert generate(tmp_path, 50) == files
    now = path.stat()
    assert (now.st_mtime_ns, now.st_ino) == (before.st_mtime_ns, before.st_ino)  # others read it
    path.write_bytes(b"damaged" + path.read_bytes()[7:])
    assert generate(tmp_path, 50) == files == identify(path)


def test_what_is_there_needs_no_folder_that_can_be_written(tmp_path):
    first = generate(tmp_path, 50)
    assert generate(tmp_path, 50) == first
    assert [path.name for path in tmp_path.iterdir()] == [archive_name(50)]


def test_several_at_once_write_one_after_the_other(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: generate(tmp_path, 500), range(16)))
    assert set(found) == {identify(tmp_path / archive_name(500))}
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("size", [50, 53, 1234])
def test_numbers_and_classes(tmp_path, size):
    images, labels = load(generate(tmp_path, size))
    assert images.shape == (size + size // 5, 3, 32, 32)
    assert np.bincount(labels[:size], minlength=10).min() >= size // 10 - 5
    assert np.bincount(labels[size:], minlength=10).min() >= size // 50


def test_every_block_is_its_own():
    seen = {
        hashlib.sha256(records(20, batch, block).tobytes()).digest()
        for batch in range(6)
        for block in range(4)
    }
    assert len(seen) == 24


def test_each_class_has_its_shape():
    assert len(shapes.SHAPES) == len(SHAPE_CLASSES) == 10
    u, v = np.meshgrid(*[np.arange(-20, 21, dtype=np.int32) * 256] * 2)
    radius = np.full((1, 1), 10 * 256, np.int32)
    drawn = {
        name: shape(u, v, radius) < 0
        for name, shape in zip(SHAPE_CLASSES, shapes.SHAPES, strict=True)
    }
    for name, inside in drawn.items():
        # Drawn, not filling everything, with room to turn and to move, and like no other.
        assert 60 < inside.sum() < 400, name
        assert not inside[:, :3].any(), name
        others = [other for key, other in drawn.items() if key != name]
        assert min((inside != other).sum() for other in others) > 40, name


def test_cosines_are_cosines():
    quarter = np.arange(17) * (np.pi / 32)
    assert np.array_equal(shapes._COSINES, np.round(16384 * np.cos(quarter)))


def test_colour_does_not_give_the_class_away():
    data = records(1000, 0, 0)
    labels, images = data[:, 0], data[:, 1:].reshape(-1, 3, 1024).mean(2)
    means = np.array([images[labels == label].mean(0) for label in range(10)])
    spread = images.std(0) / 10  # of the mean of 100 images
    assert (abs(means - images.mean(0)) < 4 * spread).all()


def test_a_folder_that_cannot_be_written(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(StorageError, match=r"file: expected a folder that can be written, found: "):
        generate(blocked, 50)


def test_no_space(tmp_path, monkeypatch):
    free = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: free)
    with pytest.raises(StorageError, match=r"expected space for 0.2 MB, found: 0.0 MB free; free"):
        generate(tmp_path, 50)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"expected space for 0.2 MB, found: No space left on"):
        generate(tmp_path, 50)
    assert not (tmp_path / archive_name(50)).exists()
