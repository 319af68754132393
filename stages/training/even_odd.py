"""Images and their mirrors: the even and the odd half of what an image is.

A row x with the mirror image Mx is the sum of an even part, (x + Mx) / 2, and an odd one,
(x - Mx) / 2. Each is known by half the image; times √2, so that lengths and angles are kept:
(even, odd) are coordinates of x in another orthonormal basis, and those of Mx are (even, -odd).
"""

from __future__ import annotations

import numpy as np

HALF = 0.5**0.5


def halves(rows: np.ndarray, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n, d) of images → even (n, e) and odd (n, d - e) coordinates, float64.

    A column in the middle is its own mirror image, so it is even.
    """
    images = rows.reshape(len(rows), *shape)
    left = shape[-1] // 2
    middle = images[..., left : shape[-1] - left]
    images, mirrors = images[..., :left], images[..., : -left - 1 : -1]
    odd = np.subtract(images, mirrors, dtype=np.float64)
    even = np.empty((*odd.shape[:-1], left + middle.shape[-1]))
    np.add(images, mirrors, out=even[..., :left])
    even[..., :left] *= HALF
    even[..., left:] = middle
    odd *= HALF
    return even.reshape(len(rows), -1), odd.reshape(len(rows), -1)


def whole(half: np.ndarray, odd: bool, shape: tuple[int, int, int]) -> np.ndarray:
    """Rows (n, d), float64, with these even or these odd coordinates, and 0 for the others."""
    left = shape[-1] // 2
    coordinates = half.reshape(len(half), *shape[:-1], -1)
    rows = np.zeros((len(half), *shape))
    rows[..., :left] = coordinates[..., :left] * HALF
    rows[..., : -left - 1 : -1] = -rows[..., :left] if odd else rows[..., :left]
    if not odd:
        rows[..., left : shape[-1] - left] = coordinates[..., left:]
    return rows.reshape(len(half), -1)
