"""Streams of random numbers: one seed serves many purposes, and they stay independent.

    SeedSequence(seed, spawn_key=(purpose, …))

Neither `seed + n` nor `SeedSequence([seed, n])` would do: with the first, seed 0 and n = 1 are seed
1 and n = 0; the second drops zeros at the end and splits seeds above 2**32, so that different
numbers give the same stream.
"""

from __future__ import annotations

import numpy as np

AUGMENTATION = 0xA06  # …, epoch
DROPOUT = 0xD8  # …, member of an ensemble, layer, tile, step
ORDER = 0x0D  # …, epoch
WEIGHTS = 0x3E1  # …, layer, counted on from one member of an ensemble to the next


def sequence(seed: int, *key: int) -> np.random.SeedSequence:
    """The seed of one stream. key: the purpose, and what else distinguishes streams."""
    return np.random.SeedSequence(seed, spawn_key=key)
