"""Bounded reading: no image file, whatever it holds, keeps the program for long."""

from __future__ import annotations

import time

import pytest

from pipeline.errors import DataError
from stages.dataset.formats import bounded, images
from stages.dataset.formats.images import read_image

SHAPE = (3, 2, 2)


def test_a_comment_of_50_megabytes(tmp_path, monkeypatch):
    path = tmp_path / "x.ppm"
    path.write_bytes(b"P6\n#" + b"x" * 50_000_000 + b"\n1 1\n255\n123")
    monkeypatch.setattr(bounded, "MOST_READS", 10_000)
    started = time.process_time()
    with pytest.raises(DataError, match="its header has no end"):
        read_image(path, SHAPE)
    assert time.process_time() - started < 2


def test_a_comment_that_is_long_and_ends(tmp_path):
    path = tmp_path / "x.ppm"
    path.write_bytes(b"P6\n#" + b"x" * 100_000 + b"\n1 1\n255\n123")
    assert read_image(path, SHAPE).tolist() == [[[c] * 2] * 2 for c in b"123"]


def test_a_file_that_is_larger_than_any_image(tmp_path):
    path = tmp_path / "x.ppm"
    with open(path, "wb") as file:
        file.truncate(images.FILE + 1)  # sparse: it takes no space
    with pytest.raises(
        DataError, match="expected an image file of at most 268,435,456 bytes, found more"
    ):
        read_image(path, SHAPE)
