"""Where the work of a step is cut, and who gets which piece.

Cuts depend on the network and the batch alone, never on the workers. They are a compromise: larger
pieces run faster, smaller ones fit the cache and can be shared out evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .kernels import Piece

BLOCK_BYTES = 256 * 1024  # of weights per block: with gradient and slot, most of a usual L2 cache
MOST = 8  # pieces in one direction


def parts(length: int, count: int) -> list[slice]:
    """`length` items in `count` slices, one after the other, as even as can be."""
    edges = [length * number // count for number in range(count + 1)]
    return [slice(begin, end) for begin, end in pairwise(edges)]


def tiles(rows: int, columns: int) -> list[tuple[slice, slice]]:
    """Tiles of a layer's outputs: 128 columns or more, 64 where there are few; up to 1,023 rows."""
    wide = parts(columns, min(MOST, _power_of_two(columns // (128 if columns >= 256 else 64))))
    tall = parts(rows, _power_of_two(rows // 512))
    return [(r, c) for r in tall for c in wide]


def shards(rows: int, least: int) -> list[slice]:
    """Slices of a batch, of at least so many rows each where there are as many."""
    return parts(rows, min(MOST, _power_of_two(rows // least)))


def blocks(inputs: int, outputs: int, itemsize: int) -> list[slice]:
    """Slices of the rows of a weight matrix."""
    tall = max(64, BLOCK_BYTES // (outputs * itemsize))
    return parts(inputs, -(-inputs // tall))


def share(pieces: Sequence[tuple[float, Piece]], workers: int) -> list[list[Piece]]:
    """The pieces, each with its cost, for each of the workers: evenly, and always the same way."""
    loads = [0.0] * workers
    shares: list[list[Piece]] = [[] for _ in range(workers)]
    for cost, piece in sorted(pieces, key=lambda pair: -pair[0]):
        lightest = loads.index(min(loads))
        loads[lightest] += cost
        shares[lightest].append(piece)
    return shares


def _power_of_two(limit: int) -> int:
    """The largest power of two up to `limit`, at least 1."""
    return 1 << max(limit, 1).bit_length() - 1
