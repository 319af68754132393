"""Preprocess: pixels to features.

A feature is one number of one pixel: its luma, or each of its three colours, scaled to [0, 1] or
[-1, 1]. Nothing here looks at more than one image, so nothing is fitted and no split is needed yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from pipeline.blocks import row_blocks
from pipeline.context import QUIET, Context
from pipeline.stage import stage
from stages.options import Color, Scale

# Rec. 601 luma, https://www.itu.int/rec/R-REC-BT.601
LUMA = (0.299, 0.587, 0.114)


@stage(outputs=("features",))
def preprocess(
    images: np.ndarray, *, color: Color = False, scale: Scale = "unit", context: Context = QUIET
) -> Iterator[np.ndarray]:
    """Turn images into flat float features: grayscale or colour, scaled."""
    n, channels, *size = images.shape
    context.expect_room(n * (channels if color else 1) * math.prod(size) * 4)
    with context.progress("preprocess", len(images), "images") as progress:
        for _, block in row_blocks(images):
            yield to_features(block, color=color, scale=scale)
            progress.advance(len(block))


def to_features(images: np.ndarray, *, color: bool, scale: str) -> np.ndarray:
    """uint8 images (n, 3, height, width) → float32 features (n, d).

    d is height × width for grayscale, three times that in colour (all red, all green, all blue).
    """
    n, channels = images.shape[:2]
    planes = images.reshape(n, channels, -1)
    if color:
        features = planes.reshape(n, -1).astype(np.float32)
    else:
        features = np.multiply(planes[:, 0], np.float32(LUMA[0]), dtype=np.float32)
        scratch = np.empty_like(features)
        for plane, weight in zip((1, 2), LUMA[1:], strict=True):
            np.multiply(planes[:, plane], np.float32(weight), out=scratch)
            features += scratch
    low, high = SCALES[scale]
    features *= np.float32((high - low) / 255)
    if low:
        features += np.float32(low)
    return features


SCALES = {"unit": (0.0, 1.0), "symmetric": (-1.0, 1.0)}
