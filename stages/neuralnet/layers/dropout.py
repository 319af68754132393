"""Dropout (Srivastava et al. 2014): in training each output is 0 with probability `rate`, and the
others are divided by the probability of staying, so that inference needs nothing.

The probability is a multiple of 1/65536. A mask is a function of (seed, member, layer, tile,
step) alone.
"""

from __future__ import annotations

import numpy as np

from ..seeds import DROPOUT, sequence

LEVELS = 65536


def draw(mask: np.ndarray, rate: float, key: tuple[int, ...], seed: int) -> None:
    """mask, of any shape and floating dtype, ← 0 or 1/(probability of staying).

    key: (member, layer, tile, step).
    """
    stay = max(round((1 - rate) * LEVELS), 1)
    stream = np.random.SFC64(sequence(seed, DROPOUT, *key))
    bits = stream.random_raw(-(-mask.size // 4)).view(np.uint16)[: mask.size]
    mask[...] = np.less(bits, stay).reshape(mask.shape)
    np.multiply(mask, mask.dtype.type(LEVELS / stay), out=mask)
