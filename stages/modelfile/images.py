"""Images that a caller of a model brings, checked before anything is done with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.errors import DataError


def expect_images(images: Any, shape: tuple[int, int, int]) -> np.ndarray:
    """The images as an array uint8 (n, *shape). Raises `DataError`, which says what to do."""
    found = np.asarray(images)
    if found.dtype == np.uint8 and found.shape[1:] == shape:
        return found
    channels, height, width = shape
    advice = "bring them to this form"
    if found.shape[1:] == shape:
        advice = "give the bytes 0 to 255 of the images, not scaled: images.astype(numpy.uint8)"
    elif found.shape == shape:
        advice = "give one image as images[numpy.newaxis]"
    elif found.shape[1:] == (height, width, channels):
        advice = "give images.transpose(0, 3, 1, 2)"
    elif found.ndim == 4 and found.shape[1] == channels:
        advice = f"resize them to {height} × {width}"
    raise DataError(
        f"images: expected uint8 (n, {channels}, {height}, {width}), found {found.dtype} "
        f"{found.shape}; {advice}"
    )
