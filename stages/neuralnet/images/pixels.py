"""Pixels of many images changed at once: mirrored, shifted, recoloured, cut out.

Images are rows x (n, d) of channels * height * width numbers.
"""

from __future__ import annotations

import functools
from itertools import pairwise

import numpy as np


def shift(
    x: np.ndarray,
    scratch: np.ndarray,
    order: np.ndarray,
    dy: np.ndarray,
    dx: np.ndarray,
    shape: tuple[int, int, int],
    most: int,
) -> None:
    """Shift images x (n, d), in place: image order[k] comes as x[k], and leaves in its own place.

    order sorts images by dx, so that many at once can be shifted along their lines. Then lines are
    copied to where they belong, which shifts up and down and undoes the sorting. dy, dx: pixels
    (n,), not sorted.
    """
    width, lines = shape[2], shape[0] * shape[1]
    ends = np.bincount(dx + most, minlength=2 * most + 1).cumsum().tolist()
    for number, (begin, end) in enumerate(pairwise([0, *ends])):
        if begin < end:
            _slide(x[begin:end], scratch[begin:end], number - most, width)
    first = np.empty_like(order)  # of an image's lines
    first[order] = np.arange(0, len(order) * lines, lines)
    source = _lines(*shape[:2], most).take(dy + most, axis=0)
    source += first[:, None]
    x = x.reshape(-1, width)
    scratch.reshape(-1, width).take(source.reshape(-1), axis=0, out=x, mode="clip")


@functools.lru_cache(maxsize=8)
def _lines(channels: int, height: int, most: int) -> np.ndarray:
    """Which line of an image goes to each of its lines, by dy: int64 (2 * most + 1, lines)."""
    lines = np.arange(channels * height).reshape(channels, height)
    padded = np.pad(lines, ((0, 0), (most, most)), mode="reflect")
    return np.stack([padded[:, dy : dy + height].ravel() for dy in range(2 * most + 1)])


def mirror(x: np.ndarray, out: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Views (n, lines, …) of x and out (n, d); copying one to the other reverses each line.

    Bytes are reversed by eights: the last word first, and each word with its bytes swapped.
    """
    if x.itemsize == 1 and width % 8 == 0:
        word = np.dtype(np.uint64)
        x, out, width = x.view(word), out.view(word.newbyteorder()), width // 8
    shape = -1, x.shape[1] // width, width
    return x.reshape(shape)[..., ::-1], out.reshape(shape)


def _slide(x: np.ndarray, out: np.ndarray, dx: int, width: int) -> None:
    """out (n, d) ← x with each line shifted by dx, its border by reflection.

    All lines are copied as one; what comes from a neighbouring line is where the border is.
    """
    count = x.size - abs(dx)
    out.reshape(-1)[max(-dx, 0) :][:count] = x.reshape(-1)[max(dx, 0) :][:count]
    out, x = out.reshape(-1, width), x.reshape(-1, width)
    for j in range(dx):
        out[:, width - dx + j] = x[:, width - 2 - j]
    for j in range(-dx):
        out[:, j] = x[:, -dx - j]


def recolor(
    images: np.ndarray, gains: np.ndarray, offsets: np.ndarray, low: float, high: float
) -> None:
    """Pixels p of images (n, channels, height, width), in place, with m in the middle of the range:

    p ← m + gain * (p - m) + offset, cut off at low and high. gains (n,), offsets (n, channels).
    """
    n, channels, height, width = images.shape
    x = images.reshape(n, channels, height * width)
    dtype = np.result_type(x, np.float32) if x.dtype.kind == "f" else np.dtype(np.float32)
    offsets = offsets + ((1 - gains) * (low + high) / 2)[:, None]
    wide = np.multiply(x, gains[:, None, None].astype(dtype), dtype=dtype)
    np.add(wide, offsets[:, :, None].astype(dtype), out=wide)
    np.clip(wide, dtype.type(low), dtype.type(high), out=wide)
    if x.dtype.kind != "f":
        np.rint(wide, out=wide)
    x[...] = wide


def cut(images: np.ndarray, y: np.ndarray, x: np.ndarray, side: int) -> None:
    """Fill a square of each image (n, channels, height, width), in place, with channels' means."""
    n, channels, height, width = images.shape
    flat = images.reshape(n, channels, height * width)
    if images.dtype.kind == "f":
        means = np.add.reduce(flat, axis=2) / images.dtype.type(height * width)
    else:
        means = np.rint(np.add.reduce(flat, axis=2, dtype=np.int64) / (height * width))
    means = means.astype(images.dtype).reshape(n, channels, 1, 1)
    top, left = y - side // 2, x - side // 2
    limits = [np.maximum(top, 0), top + side, np.maximum(left, 0), left + side]
    corners = zip(*(limit.tolist() for limit in limits), strict=True)
    for image, mean, (y0, y1, x0, x1) in zip(images, means, corners, strict=True):
        image[:, y0:y1, x0:x1] = mean
