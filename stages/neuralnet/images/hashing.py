"""Random numbers that are a function of what they are for, and of nothing drawn before.

    words(key, rows) -> uint64 (n,)    64 random bits for each row

A stream of random numbers would make what happens to a row depend on how many rows came before it.
Here a row's number is mixed with a key, and the key comes from the seed, a purpose and the epoch.
So order, batches, workers and a resumed run make no difference. The mixing is splitmix64 (Steele,
Lea & Flood 2014, with the constants of Stafford's variant 13): a generator whose n-th number can be
had at once.
"""

from __future__ import annotations

import functools

import numpy as np

from ..seeds import sequence

STEP = 0x9E3779B97F4A7C15
MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
LAST = 31
HALF, LOW = 32, 0xFFFFFFFF
QUANTILES = 4096


@functools.lru_cache(maxsize=64)
def keys(seed: int, purpose: int, epoch: int, count: int) -> tuple[np.uint64, ...]:
    """So many independent keys for what is drawn in one epoch."""
    return tuple(sequence(seed, purpose, epoch).generate_state(count, np.uint64))


def words(key: np.uint64, rows: np.ndarray) -> np.ndarray:
    """64 random bits for each row, uint64 (n,). rows: integers (n,)."""
    bits = rows.astype(np.uint64)
    bits *= STEP
    bits += key
    for shift, factor in MIX:
        bits ^= bits >> shift
        bits *= factor
    bits ^= bits >> LAST
    return bits


def pairs(bits: np.ndarray, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """Two int64 (n,) of each 64 bits: uniform below `first` and below `second`.

    By multiplication rather than division (Lemire 2019): of bounds up to 2**12, no number is more
    likely than another by more than a millionth.
    """
    high = (bits >> HALF) * np.uint64(first) >> HALF
    low = (bits & LOW) * np.uint64(second) >> HALF
    return high.view(np.int64), low.view(np.int64)


def dominant_shares(bits: np.ndarray, alpha: float) -> np.ndarray:
    """max(x, 1 - x) for each 64 bits, x ~ Beta(alpha, alpha): float64 (n,) in [1/2, 1]."""
    return _dominant_quantiles(alpha).take((bits >> np.uint64(52)).view(np.int64))


@functools.lru_cache(maxsize=8)
def _dominant_quantiles(alpha: float) -> np.ndarray:
    """Quantiles of max(x, 1 - x), x ~ Beta(alpha, alpha), at the middles of equal parts of [0, 1].

    The distribution is symmetric, so this is 1 - t, where t ≤ 1/2 has the density
    (t (1 - t))^(alpha - 1). It is integrated by the trapezoidal rule over s, where t = s^(1/p) / 2
    and p = min(alpha, 1), which takes the pole at t = 0 away. Not from a library's random
    stream, which another version may change; and rounded, so that mathematical functions which
    differ in their last bits give the same.
    """
    p = min(alpha, 1.0)
    s = np.linspace(0, 1, 2**16 + 1)
    t = s ** (1 / p) / 2
    density = (4 * t * (1 - t)) ** (alpha - 1) if alpha >= 1 else (1 - t) ** (alpha - 1)
    mass = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    middles = (np.arange(QUANTILES) + 0.5) / QUANTILES
    t = np.interp(middles, mass / mass[-1], s) ** (1 / p) / 2
    quantiles = np.round((1 - t) * 2**24) / 2**24  # exact in float32 too
    quantiles.setflags(write=False)
    return quantiles
