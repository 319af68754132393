"""Ten kinds of shapes, drawn with integers.

A shape is a signed distance: below zero inside, in units of 1/256 pixel, so that an edge can be
smooth over one pixel. Position, size, angle, colours, shading and noise vary from image to image
and say nothing of the class.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Grid = Any  # int32 (n, 32, 32) or what goes with it: coordinates, distances
SIDE = 32
UNIT = 256  # per pixel
# round(16384 · cos(i · 90° / 16)): written out, so that no library's cosine is asked.
_COSINES = (
    *(16384, 16305, 16069, 15679, 15137, 14449, 13623, 12665, 11585),
    *(10394, 9102, 7723, 6270, 4756, 3196, 1606, 0),
)
_TURN = 14  # bits of the cosines
# How much an image may differ from another of its class: enough that a linear model fails, little
# enough that a small network learns the shapes in a minute.
_ANGLES = 4  # the most that a shape is turned to either side, in sixteenths of a right angle
_SHIFT = 3 * UNIT  # the most that it is moved, each way
_RADIUS = (7 * UNIT, 12 * UNIT)
_CONTRAST = (40, 110)  # grey levels between the shape and its ground


def _length(u: Grid, v: Grid) -> Grid:
    squares = (u * u + v * v).astype(np.float64)
    return np.sqrt(squares, out=squares).astype(np.int32)  # correctly rounded everywhere


def _box(u: Grid, v: Grid, width: Grid, height: Grid) -> Grid:
    return np.maximum(abs(u) - width, abs(v) - height)


def _disk(u: Grid, v: Grid, r: Grid) -> Grid:
    return _length(u, v) - r


def _ring(u: Grid, v: Grid, r: Grid) -> Grid:
    return abs(_length(u, v) - r * 3 // 4) - r // 4


def _square(u: Grid, v: Grid, r: Grid) -> Grid:
    return _box(u, v, r * 7 // 8, r * 7 // 8)


def _frame(u: Grid, v: Grid, r: Grid) -> Grid:
    return abs(_box(u, v, r * 5 // 8, r * 5 // 8)) - r // 4


def _triangle(u: Grid, v: Grid, r: Grid) -> Grid:
    # The normals of the slopes are (±cos 30°, -sin 30°); 887/1024 is cos 30°.
    return np.maximum(abs(u) * 887 // 1024 - v // 2, v) - r * 5 // 8


def _cross(u: Grid, v: Grid, r: Grid) -> Grid:
    return np.minimum(_box(u, v, r, r * 5 // 16), _box(u, v, r * 5 // 16, r))


def _bar(u: Grid, v: Grid, r: Grid) -> Grid:
    return _box(u, v, r, r * 3 // 8)


def _bars(u: Grid, v: Grid, r: Grid) -> Grid:
    return _box(u, abs(v) - r * 5 // 8, r, r // 4)


def _crescent(u: Grid, v: Grid, r: Grid) -> Grid:
    return np.maximum(_length(u, v) - r, r * 7 // 8 - _length(u - r // 2, v))


def _hourglass(u: Grid, v: Grid, r: Grid) -> Grid:
    return np.maximum((abs(u) - abs(v)) * 3 // 4, abs(v) - r)


SHAPES = (
    *(_disk, _ring, _square, _frame, _triangle),
    *(_cross, _bar, _bars, _crescent, _hourglass),
)  # in the order of SHAPE_CLASSES


def draw(labels: np.ndarray, source: np.random.PCG64) -> np.ndarray:
    """Images uint8 (n, 3, 32, 32) of the shapes with the numbers `labels` (n,)."""
    n = len(labels)
    coverage = np.empty((n, SIDE, SIDE), np.int32)
    u, v = _coordinates(n, source)
    radius = _between(source, n, *_RADIUS)[:, None, None]
    for label, distance in enumerate(SHAPES):
        mine = labels == label
        inside = UNIT // 2 - distance(u[mine], v[mine], radius[mine])
        coverage[mine] = np.clip(inside, 0, UNIT)
    return _paint(coverage, source)


def _coordinates(n: int, source: np.random.PCG64) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel is in the turned frame of its image's shape, int32 (n, 32, 32) each."""
    turn = _between(source, n, -_ANGLES, _ANGLES)
    cosines = np.array(_COSINES, np.int32)
    c = cosines[abs(turn)][:, None, None]
    s = (np.sign(turn) * cosines[16 - abs(turn)])[:, None, None].astype(np.int32)
    pixels = np.arange(SIDE, dtype=np.int32) * UNIT + UNIT // 2
    x, y = (pixels - SIDE // 2 * UNIT - _between(source, n, -_SHIFT, _SHIFT)[:, None] for _ in "xy")
    x, y = x[:, None, :], y[:, :, None]
    return (x * c + y * s) >> _TURN, (y * c - x * s) >> _TURN


def _paint(coverage: np.ndarray, source: np.random.PCG64) -> np.ndarray:
    """Lay a shape's colour over a background's, with shading and noise."""
    n = len(coverage)
    back = _between(source, n * 3, 30, 225).reshape(n, 3)
    # The shape is lighter or darker than the ground by `contrast`, and of another tint.
    contrast = _between(source, n, *_CONTRAST)
    contrast *= np.where(back.sum(1) > 382, -1, 1)
    fore = np.clip(
        back + contrast[:, None] + _between(source, n * 3, -40, 40).reshape(n, 3), 0, 255
    )
    slope = _between(source, n * 2, -2, 2).reshape(n, 2)
    steps = np.arange(SIDE, dtype=np.int32) - SIDE // 2
    shading = slope[:, 0, None, None] * steps + slope[:, 1, None, None] * steps[:, None]
    amount = _between(source, n, 1, 5)[:, None]
    noise = source.random_raw(n * 3 * SIDE * SIDE // 8).astype("<u8").view(np.uint8).reshape(n, -1)
    noise = ((noise & 15).astype(np.int16) + (noise >> 4) - 15) * amount.astype(np.int16)
    images = noise.reshape(n, 3, SIDE, SIDE)
    images += shading[:, None].astype(np.int16)
    for plane in range(3):
        difference = (fore - back)[:, plane, None, None]
        images[:, plane] += (back[:, plane, None, None] + (coverage * difference >> 8)).astype(
            np.int16
        )
    return np.clip(images, 0, 255).astype(np.uint8)


def _between(source: np.random.PCG64, n: int, low: int, high: int) -> np.ndarray:
    """Random integers int32 (n,) from `low` to `high`, both included."""
    return (source.random_raw(n) % np.uint64(high - low + 1)).astype(np.int32) + np.int32(low)
