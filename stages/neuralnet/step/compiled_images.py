"""The loop by which numba fetches images: moved, in halves, as floats, in one pass.

A function of its own like those of compiled.py. A flipped image has the same L + R and the opposite
L - R (halves.py), so nothing is flipped: an image shifted by dx and then flipped is a flipped one
shifted by -dx.

Numbers of type `U` are places in an array: those without a sign the compiler knows not to be
negative, for which NumPy's rules would have it look from the end.
"""

from __future__ import annotations

import numpy as np

F, U = np.float32, np.uint64


def moved_halves(
    features: np.ndarray,
    rows: np.ndarray,
    flips: np.ndarray,
    dy: np.ndarray,
    dx: np.ndarray,
    height: int,
    width: int,
    image: np.ndarray,
    sums: np.ndarray,
    differences: np.ndarray,
) -> None:
    """sums ← L + R, differences ← L - R, float32 (n, d/2), of rows (n,) of features (examples, d).

    Each as `Augmentation.fetch` flips and shifts it: flips, dy, dx (n,). features: bytes; image
    (d,): a place for one of them.
    """
    size, half = len(image), U(width // 2)
    for number in range(len(rows)):
        stored, flip, along = features[rows[number]], flips[number], dx[number]
        if flip:
            along = -along
        if along > 0:  # all lines as one, then what came from the neighbouring line
            first = U(along)
            for i in range(U(size - along)):
                image[i] = stored[i + first]
            for line in range(width, size + 1, width):
                for j in range(along):
                    image[line - along + j] = stored[line - 2 - j]
        else:
            first = U(-along)
            for i in range(U(size + along)):
                image[i + first] = stored[i]
            for line in range(0, size, width):
                for j in range(-along):
                    image[line + j] = stored[line - along - j]
        total, difference = sums[number], differences[number]
        sign, up = F(1) - F(2) * F(flip), dy[number]
        for line in range(size // width):
            y = line % height
            source = abs(y + up)  # borders by reflection
            if source >= height:
                source = 2 * height - 2 - source
            begin = U((line - y + source) * width)
            end, target = begin + U(width - 1), U(line) * half
            for i in range(half):
                left, right = F(image[begin + i]), F(image[end - i])
                total[target + i] = left + right
                difference[target + i] = sign * (left - right)
