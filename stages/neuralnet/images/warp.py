"""Images rotated and zoomed: where each pixel comes from, from tables made once.

An image is rotated about its middle by one of 15 angles, and zoomed by one of 15 factors, both
evenly spaced (factors: their logarithms). A pixel is that which is nearest to where it comes from;
beyond the border the image is continued by reflection. There is a table for each combination, so
what is left to do for an image is to look its pixels up.
"""

from __future__ import annotations

import functools

import numpy as np

STEPS = 15  # angles, and factors; odd, so that doing nothing is among them


def counts(rotate: float, zoom: float) -> tuple[int, int]:
    """How many angles and factors there are to choose from."""
    return STEPS if rotate else 1, STEPS if zoom else 1


@functools.lru_cache(maxsize=4)
def tables(height: int, width: int, rotate: float, zoom: float) -> np.ndarray:
    """Sources of each pixel, int64 (angles * factors, height * width), by angle and then factor.

    rotate: the largest angle, in degrees. zoom: the largest factor is 1 + zoom, the least its
    reciprocal; with a factor above 1 things come out larger.
    """
    angles, factors = (
        np.linspace(-1, 1, count) if count > 1 else np.zeros(1) for count in counts(rotate, zoom)
    )
    y, x = np.indices((height, width)) - np.array([height - 1, width - 1]).reshape(2, 1, 1) / 2
    found = np.empty((len(angles), len(factors), height * width), np.int64)
    for i, angle in enumerate(np.radians(rotate) * angles):
        for j, scale in enumerate((1 + zoom) ** -factors):
            cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
            down = _inside(cos * y + sin * x + (height - 1) / 2, height)
            right = _inside(cos * x - sin * y + (width - 1) / 2, width)
            found[i, j] = (down * width + right).ravel()
    found.setflags(write=False)
    return found.reshape(-1, height * width)


def _inside(place: np.ndarray, length: int) -> np.ndarray:
    """The pixel nearest to each place of a line that is continued by reflection."""
    nearest = np.rint(np.round(place, 6)).astype(np.int64)  # the same where cosines differ a little
    period = max(2 * (length - 1), 1)
    nearest = np.abs(nearest) % period
    return np.minimum(nearest, period - nearest) if length > 1 else nearest


def warp(
    x: np.ndarray, scratch: np.ndarray, which: np.ndarray, table: np.ndarray, channels: int
) -> None:
    """Images x (n, d), in place, each by its own row of the table. which: int64 (n,)."""
    scratch[...] = x
    sources = table.take(which, axis=0)[:, None]
    starts = np.arange(0, x.size, table.shape[1]).reshape(len(x), channels, 1)
    pixels = x.reshape(len(x), channels, table.shape[1])
    scratch.reshape(-1).take(sources + starts, out=pixels, mode="clip")
