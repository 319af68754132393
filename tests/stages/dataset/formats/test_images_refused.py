"""What only looks like an image, or cannot be read, is refused in one line."""

from __future__ import annotations

import builtins
import io
import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import ConfigError, DataError
from stages.dataset.formats import images
from stages.dataset.formats.images import MAX_PIXELS, read_image

SHAPE = (3, 6, 8)


def png(width: int, height: int) -> bytes:
    """A PNG file that only claims its size."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))]
    parts += [(b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    packed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "found none that can be read: cannot identify image file"),
        (b"hello", r"expected an image file \(PNG, JPEG, .*\), found none that can be read"),
        (b"<html>", "found none that can be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot identify image file"),
        (png(0, 0), "found none that can be read: "),
        (png(8001, 8000), "expected at most 64,000,000 pixels, found 8001 × 8000; make it smaller"),
        (png(10_000, 10_000), "found none that can be read: Image size .100000000 pixels. exceeds"),
        (png(60_000, 60_000), "found none that can be read: Image size .3600000000 pixels. excee"),
        (png(2**31 - 1, 2**31 - 1), "found none that can be read"),
    ],
)
def test_what_is_no_image_is_reported_in_one_line(tmp_path, data, message):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(DataError, match=f"/a: .*{message}") as caught:
        read_image(tmp_path / "a", SHAPE)
    assert "\n" not in str(caught.value)
    assert "object at" not in str(caught.value)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_a_truncated_image_is_refused(tmp_path, form):
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(pixels).save(buffer, form)
    for keep in (0.5, 0.9):
        (tmp_path / "a").write_bytes(buffer.getvalue()[: int(len(buffer.getvalue()) * keep)])
        with pytest.raises(DataError, match="found none that can be read"):
            read_image(tmp_path / "a", SHAPE)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(DataError, match=r"expected a (readable )?file"):
            read_image(path, SHAPE)
    with pytest.raises(DataError, match=r"expected a readable file at .*none: No such file"):
        read_image(tmp_path / "none", SHAPE)


def test_the_largest_images_that_are_read_take_bounded_memory():
    assert MAX_PIXELS <= 1 << 26


def test_without_pillow_the_extra_is_named(tmp_path, monkeypatch):
    real = builtins.__import__

    def missing(name, *arguments, **options):
        if name.partition(".")[0] == "PIL":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigError, match=r"pip install 'cifar-pipeline\[pictures\]'"):
        read_image(tmp_path / "a.png", SHAPE)


def test_formats_that_this_pillow_lacks_are_not_asked_for():
    names = images._known_formats(Image)
    assert {"PNG", "JPEG", "GIF"} <= set(names)
    assert "EPS" not in names
