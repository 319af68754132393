"""Image files of any size and mode, and what only looks like one."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from stages.dataset.formats.images import read_image, write_png

SHAPE = (3, 6, 8)
RED, WHITE = [255, 0, 0], [255, 255, 255]


@pytest.fixture
def read(tmp_path):
    """Write a Pillow image in a format, read it as the program does: uint8 (height, width, 3)."""

    def go(image: Image.Image, form: str = "PNG", shape=SHAPE, **options) -> np.ndarray:
        path = tmp_path / "image"
        image.save(path, form, **options)
        found = read_image(path, shape)
        assert found.shape == shape
        assert found.dtype == np.uint8
        assert found.flags.c_contiguous
        return found.transpose(1, 2, 0)

    return go


@pytest.mark.parametrize("shape", [(3, 32, 32), (3, 1, 1), SHAPE])
def test_an_image_of_the_right_size_keeps_its_pixels(tmp_path, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    write_png(tmp_path / "a.png", pixels)
    assert (read_image(tmp_path / "a.png", shape) == pixels).all()


@pytest.mark.parametrize(
    ("mode", "form", "color", "expected"),
    [
        ("1", "PNG", 1, WHITE),
        ("L", "PNG", 100, [100, 100, 100]),
        ("L", "GIF", 100, [100, 100, 100]),
        ("LA", "PNG", (100, 255), [100, 100, 100]),
        ("LA", "PNG", (100, 0), WHITE),
        ("P", "PNG", 0, [0, 0, 0]),
        ("RGB", "BMP", (255, 0, 0), RED),
        ("RGB", "PPM", (255, 0, 0), RED),
        ("RGBA", "PNG", (255, 0, 0, 255), RED),
        ("RGBA", "PNG", (255, 0, 0, 0), WHITE),
        ("RGBA", "TIFF", (255, 0, 0, 51), [255, 204, 204]),
        ("RGBA", "WEBP", (255, 0, 0, 0), WHITE),
        ("CMYK", "TIFF", (0, 255, 255, 0), RED),
        ("CMYK", "JPEG", (0, 255, 255, 0), RED),
        ("YCbCr", "JPEG", (76, 85, 255), RED),
        ("I;16", "PNG", 65_535, WHITE),
        ("I;16", "PNG", 25_700, [100, 100, 100]),
        ("I;16", "TIFF", 257, [1, 1, 1]),
        ("I", "TIFF", 25_700, [100, 100, 100]),
        ("I", "TIFF", 2_000_000_000, WHITE),
        ("I", "TIFF", -5, [0, 0, 0]),
        ("F", "TIFF", 0.2, [51, 51, 51]),
        ("F", "TIFF", 51.0, [51, 51, 51]),
        ("F", "TIFF", 1e30, WHITE),
        ("F", "TIFF", float("nan"), [0, 0, 0]),
    ],
)
@pytest.mark.parametrize("size", [(8, 6), (1, 1), (50, 3)])
def test_every_mode_becomes_rgb(read, mode, form, color, expected, size):
    found = read(Image.new(mode, size, color), form)
    tolerance = 3 if form in ("JPEG", "WEBP") else 0
    assert np.abs(found.astype(int) - expected).max() <= tolerance


def test_grey_levels_of_16_bits_are_rounded_not_cut(read):
    levels = np.arange(48, dtype=np.uint16).reshape(6, 8) * 1394
    found = read(Image.fromarray(levels))
    assert (found[..., 0] == np.rint(levels / 257)).all()


def test_a_transparent_palette_and_a_transparent_colour(read):
    picture = Image.new("RGB", (8, 6), "red").quantize(4)
    assert (read(picture, transparency=picture.getpixel((0, 0))) == WHITE).all()
    assert (read(Image.new("RGB", (8, 6), "red"), transparency=(255, 0, 0)) == WHITE).all()
    assert (read(Image.new("L", (8, 6), 9), transparency=9) == WHITE).all()
    assert (read(Image.new("I;16", (8, 6), 25_700), transparency=25_700) == 100).all()


def test_transparent_parts_shrink_as_if_they_lay_on_white(read):
    image = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 32, 48))
    found = read(image)
    assert (found[:, 0] == RED).all()
    assert (found[:, -1] == WHITE).all()
    assert found[..., 0].min() > 240  # no dark seam between the two


def test_of_an_animation_the_first_frame_counts(read):
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "blue", "lime")]
    for form in ("GIF", "WEBP", "TIFF", "PNG"):
        options = {"lossless": True} if form == "WEBP" else {}
        found = read(frames[0], form, save_all=True, append_images=frames[1:], **options)
        assert (found == RED).all(), form


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1))])
def test_the_orientation_of_a_photograph_counts(read, orientation, corner):
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[0, 0] = RED
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = read(Image.fromarray(pixels), "PNG", (3, 8, 8), exif=exif)
    assert found[corner].tolist() == RED


def test_damaged_metadata_costs_no_pixels(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    assert (read_image(tmp_path / "a.png", SHAPE).transpose(1, 2, 0) == RED).all()


def test_any_size_is_brought_to_the_models(read):
    pixels = np.zeros((600, 800, 3), np.uint8)
    pixels[:, 400:] = 255
    found = read(Image.fromarray(pixels))
    assert found[:, :3].max() < 10
    assert found[:, 5:].min() > 245
