"""Where the work of a step is cut, and who gets which piece.

Cuts depend on the network and the batch alone, never on the workers. They are a compromise: larger
pieces run faster, smaller ones fit the cache and can be shared out evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from .kernels import Piece

BLOCK_BYTES = 512 * 1024  # of weights per block: larger ones multiply faster, but leave the cache
CHUNK_BYTES = 128 * 1024  # of parameters that an optimizer updates at once
MOST = 8  # pieces in one direction
FEW = 4  # pieces of what is no larger than one of them should be, that two workers get equal shares

# Costs, in floating-point operations of a matrix product that take as long:
PASS = 60  # per number that is gathered, or updated, and that has to come from memory
TOUCH = 10  # per number that is worked on in the cache
CALLS = 2_000_000  # for the calls of NumPy functions in an output piece


class WorkItem(NamedTuple):
    """A piece, what it costs (in floating-point operations, or what takes as long), and its home.

    The home, from 0 to 1, is where its data lie among those of its kind: pieces of different phases
    with the same home had better go to the same worker, which has the data in its cache.
    """

    cost: float
    piece: Piece
    home: float | None = None


def parts(length: int, count: int) -> list[slice]:
    """`length` items in `count` slices, one after the other, as even as can be."""
    edges = [length * number // count for number in range(count + 1)]
    return [slice(begin, end) for begin, end in pairwise(edges)]


def tiles(
    rows: int, columns: int, whole: bool = False, tall: bool = False
) -> list[tuple[slice, slice]]:
    """Tiles of a layer's outputs: 128 columns or more, 64 where there are few; up to 511 rows.

    whole: with all columns each. tall: with all rows each.
    """
    wide = 1 if whole else power_of_two(columns // (128 if columns >= 256 else 64))
    high = 1 if tall else power_of_two(rows // 256)
    return [(r, c) for r in parts(rows, high) for c in parts(columns, min(MOST, wide))]


def shards(rows: int, least: int) -> list[slice]:
    """Slices of a batch, of at least so many rows each where there are as many."""
    return parts(rows, min(MOST, power_of_two(rows // least)))


def longest_shard(rows: int, least: int) -> int:
    """The most rows of a shard of any batch up to this one: a short one is cut into fewer."""
    return min(rows, max(2 * least, -(-rows // MOST)))


def blocks(inputs: int, outputs: int, itemsize: int, panels: int = 1) -> list[slice]:
    """Slices of the rows of a panel of weights: of 64 rows at least, and a few in all panels."""
    tall = max(64, BLOCK_BYTES // (outputs * itemsize))
    few = min(-(-FEW // panels), power_of_two(inputs // 64))
    return parts(inputs, max(-(-inputs // tall), few))


def products(rows: int, columns: int, depth: int) -> list[slice]:
    """Slices of the rows of a block of gradients, each of which is one matrix product.

    OpenBLAS multiplies without copying matrices first when it takes up to a million
    multiplications; with few images to a batch that is a tenth faster.
    """
    tall = power_of_two(1_000_000 // (columns * depth))
    if depth > 64 or tall < 64:
        tall = rows
    return parts(rows, -(-rows // tall))


def share(tasks: Sequence[WorkItem], workers: int) -> list[list[Piece]]:
    """The pieces of a phase for each of the workers: evenly, and always the same way.

    A piece stays at home unless that worker has its fair share already.
    """
    fair = 1.02 * sum(task.cost for task in tasks) / workers
    loads = [0.0] * workers
    shares: list[list[Piece]] = [[] for _ in range(workers)]
    for cost, piece, home in sorted(tasks, key=lambda task: (task.home is None, -task.cost)):
        worker = loads.index(min(loads))
        if home is not None and loads[int(home * workers)] + cost <= max(fair, cost):
            worker = int(home * workers)
        loads[worker] += cost
        shares[worker].append(piece)
    return shares


def power_of_two(limit: int) -> int:
    """The largest power of two up to `limit`, at least 1."""
    return 1 << max(limit, 1).bit_length() - 1
