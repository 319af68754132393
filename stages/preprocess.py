"""Preprocess: pixels to features.

A feature is one number of one pixel: its luma, or each of its three colours. Stored as float32, it
is scaled to [0, 1] or [-1, 1] here, once; stored as uint8, it stays a byte, which takes a quarter
of the room, and is scaled whenever it is read (constants.py). Nothing here looks at more than one
image, so nothing is fitted and no split is needed yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from pipeline.blocks import row_blocks
from pipeline.context import QUIET, Context
from pipeline.stage import stage
from stages.options import Color, Scale, Storage

# Rec. 601 luma, https://www.itu.int/rec/R-REC-BT.601
LUMA = (0.299, 0.587, 0.114)


@stage(outputs=("features",))
def preprocess(
    images: np.ndarray,
    *,
    color: Color = False,
    scale: Scale = "unit",
    storage: Storage = "float32",
    context: Context = QUIET,
) -> Iterator[np.ndarray]:
    """Turn images into flat features: grayscale or colour, as scaled floats or as bytes."""
    n, channels, *size = images.shape
    numbers = n * (channels if color else 1) * math.prod(size)
    context.expect_room(numbers * np.dtype(storage).itemsize)
    with context.progress("preprocess", len(images), "images") as progress:
        for _, block in row_blocks(images):
            yield to_features(block, color=color, scale=scale, storage=storage)
            progress.advance(len(block))


def to_features(
    images: np.ndarray, *, color: bool, scale: str, storage: str = "float32"
) -> np.ndarray:
    """uint8 images (n, 3, height, width) → features (n, d), float32 scaled or uint8 unscaled.

    d is height × width for grayscale, three times that in colour (all red, all green, all blue).
    Colours as uint8 are the images themselves, perhaps a view of them.
    """
    n, channels = images.shape[:2]
    planes = images.reshape(n, channels, math.prod(images.shape[2:]))
    if color:
        pixels = images.reshape(n, math.prod(images.shape[1:]))
        if storage == "uint8":
            return pixels
        features = pixels.astype(np.float32)
    else:
        features = _luma(planes)
        if storage == "uint8":
            return np.rint(features, out=features).astype(np.uint8)
    factor, offset = constants_of(scale)
    features *= np.float32(factor)
    if offset:
        features += np.float32(offset)
    return features


def constants_of(scale: str) -> tuple[float, float]:
    """(factor, offset) from pixels in [0, 255] to the range of that name."""
    low, high = SCALES[scale]
    return (high - low) / 255, low


def _luma(planes: np.ndarray) -> np.ndarray:
    """float32 (n, pixels) in [0, 255] of uint8 planes (n, 3, pixels)."""
    luma = np.multiply(planes[:, 0], np.float32(LUMA[0]), dtype=np.float32)
    scratch = np.empty_like(luma)
    for plane, weight in zip((1, 2), LUMA[1:], strict=True):
        np.multiply(planes[:, plane], np.float32(weight), out=scratch)
        luma += scratch
    return luma


SCALES = {"unit": (0.0, 1.0), "symmetric": (-1.0, 1.0)}
STORAGES = ("float32", "uint8")
