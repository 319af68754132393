"""Features: from pixels to what a network reads, in one place.

A feature is one number of one pixel: its luma, or each of its colours. Stored as float32, it is
scaled once; stored as uint8, it stays a byte and is scaled whenever it is read. What is done to
stored features before the first layer is an `nn.Inputs`, made here from the same parameters and the
same fitted constants for training, evaluation and the model file; so what a network was trained on
is what it is asked about.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.errors import ConfigError
from pipeline.stream import Stream, release
from stages import neuralnet as nn
from stages.options import FeatureOptions, InputOptions

# Rec. 601 luma, https://www.itu.int/rec/R-REC-BT.601
LUMA = (0.299, 0.587, 0.114)
SCALES = {"unit": (0.0, 1.0), "symmetric": (-1.0, 1.0)}
STORAGES = ("float32", "uint8")
FAR = 100  # deviations from the mean of the training rows


def to_features(images: np.ndarray, options: FeatureOptions) -> np.ndarray:
    """uint8 images (n, channels, height, width) → features (n, d), float32 scaled or uint8 not.

    d is height × width for grayscale, three times that in colour (all red, all green, all blue).
    Grey images, of one channel, stay as they are. Pixels as uint8 are the images themselves,
    perhaps a view of them. Rows of a table, float32 (n, d), are features already.
    """
    if images.ndim == 2:
        _expect_plain(options)
        return images
    n, channels = images.shape[:2]
    planes = images.reshape(n, channels, math.prod(images.shape[2:]))
    if options.color or channels == 1:
        pixels = images.reshape(n, math.prod(images.shape[1:]))
        if options.storage == "uint8":
            return pixels
        features = pixels.astype(np.float32)
    else:
        features = _luma(planes)
        if options.storage == "uint8":
            return np.rint(features, out=features).astype(np.uint8)
    factor, offset = _constants_of(options.scale)
    features *= np.float32(factor)
    if offset:
        features += np.float32(offset)
    return features


def _expect_plain(options: FeatureOptions) -> None:
    """ConfigError where options ask for something that is done to pixels alone."""
    if options.storage == "uint8":
        raise ConfigError(
            "--storage uint8: expected images, found a table, whose numbers are no bytes; use "
            "--storage float32"
        )
    if options.color or options.scale != "unit":
        flag = "--color" if options.color else f"--scale {options.scale}"
        raise ConfigError(
            f"{flag}: expected images, found a table, whose columns are used as they are; leave it "
            "out"
        )


def _luma(planes: np.ndarray) -> np.ndarray:
    """float32 (n, pixels) in [0, 255] of uint8 planes (n, 3, pixels)."""
    luma: np.ndarray = np.multiply(planes[:, 0], np.float32(LUMA[0]), dtype=np.float32)
    scratch = np.empty_like(luma)
    for plane, weight in zip((1, 2), LUMA[1:], strict=True):
        np.multiply(planes[:, plane], np.float32(weight), out=scratch)
        luma += scratch
    return luma


def _constants_of(scale: str) -> tuple[float, float]:
    """(factor, offset) from pixels in [0, 255] to the range of that name."""
    low, high = SCALES[scale]
    return (high - low) / 255, low


def levels_of(options: FeatureOptions) -> tuple[float, float]:
    """The least and the largest number that a pixel may be, as it is stored."""
    return (0, 255) if options.storage == "uint8" else SCALES[options.scale]


def make_inputs(
    options: InputOptions,
    *,
    standardization: np.ndarray | None = None,
    whitening: np.ndarray | None = None,
    shape: tuple[int, int, int] | None = None,
) -> nn.Inputs:
    """What turns stored features into the inputs of the network.

    standardization (2, d) and whitening (1 + d, k) are those of the stages of that name; None or
    empty: none. shape: (channels, height, width) of an image, None for a table; features (d)
    that are none of such images cannot be flipped.
    """
    stored = options.storage == "uint8"  # floats are scaled already
    factor, offset = _constants_of(options.scale) if stored else (1.0, 0.0)
    if shape is not None:
        shape = (shape[0] if options.color else 1, *shape[1:])
        if standardization is not None and math.prod(shape) != standardization.shape[-1]:
            shape = None
    return nn.Inputs(factor, offset, options.contrast, standardization, whitening, shape)


def expect_images(inputs: nn.Inputs, flag: str) -> None:
    """Raise `ConfigError` where a flag needs images, and the features are no pixels of any."""
    if inputs.shape is None:
        raise ConfigError(
            f"{flag}: expected features that are the pixels of images of the dataset's shape, "
            "found others; leave it out"
        )


def chosen_blocks(features: np.ndarray, rows: np.ndarray, size: int) -> Stream:
    """Blocks of those features (n, d) whose rows are chosen, in order: copies of at most `size`.

    Rows are taken `size` at a time from all features, so a block may be smaller, or empty.
    """
    chosen = np.zeros(len(features), bool)
    chosen[rows] = True

    def block(part: np.ndarray) -> np.ndarray:
        found: np.ndarray = features[part[chosen[part]]]
        release(features)
        return found

    return Stream.range(len(features)).batch(size).map(block)


def far_off(
    features: np.ndarray, rows: np.ndarray, constants: np.ndarray, shape: tuple[int, ...] | None
) -> str:
    """What is to be said of the columns of a table that hardly vary in training, but do here.

    constants (2, d): means and reciprocal deviations; none for features that are not standardized.
    """
    if shape is not None or not len(constants) or not len(rows):  # those of pixels have bounds
        return ""
    farthest = np.zeros(len(constants[0]))
    for block in chosen_blocks(features, rows, 256):
        if len(block):
            away = np.abs((block - constants[0]) * constants[1])
            np.maximum(farthest, away.max(axis=0), out=farthest)
    if not (count := np.count_nonzero(farthest > FAR)):
        return ""
    worst = int(farthest.argmax())
    return (
        f"{count} of {len(farthest)} features lie more than {FAR} deviations from their training "
        f"mean, feature {worst} by {farthest[worst]:,.0f}: they hardly vary in training, and what "
        "they do here decides the figures; leave such columns out, or train on rows like these"
    )
