"""PNG files by hand, read back by Pillow."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from stages.commands.report.pixels import data_uri, png, thumbnail


@pytest.mark.parametrize("channels", [1, 3])
def test_the_same_pixels_come_back(channels):
    image = np.random.default_rng(0).integers(0, 256, (channels, 5, 9), np.uint8)
    found = np.asarray(Image.open(io.BytesIO(png(image))))
    assert np.array_equal(found.reshape(5, 9, channels).transpose(2, 0, 1), image)


def test_as_an_address():
    image = np.zeros((3, 2, 2), np.uint8)
    head, data = data_uri(image).split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == png(image)


def test_large_images_are_averaged_down():
    image = np.zeros((3, 128, 100), np.uint8)
    image[:, ::2] = 255
    found = thumbnail(image)
    assert found.shape == (3, 64, 50)
    assert (found == 128).all()
    assert thumbnail(image[:, :30, :30]).shape == (3, 30, 30)
    assert thumbnail(np.full((3, 65, 7), 9, np.uint8)).tolist() == [[[9] * 4] * 33] * 3
    assert thumbnail(np.zeros((4, 8, 8), np.uint8)).shape == (1, 8, 8)  # no colours that we know
