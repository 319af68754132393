from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.neuralnet import cuts

sizes = st.integers(1, 5000)


def covered(slices, length):
    return [n for part in slices for n in range(part.start, part.stop)] == list(range(length))


@given(sizes, sizes, st.sampled_from([4, 8]))
@settings(max_examples=60, derandomize=True)
def test_every_cut_covers_everything_once_and_has_no_empty_piece(rows, columns, itemsize):
    tiles = cuts.tiles(rows, columns)
    count = np.zeros((rows, columns), np.int8)
    for tile in tiles:
        count[tile] += 1
        assert count[tile].size
    assert (count == 1).all()
    for slices in (
        cuts.shards(rows, 8),
        cuts.shards(rows, 32),
        cuts.blocks(rows, columns, itemsize),
    ):
        assert covered(slices, rows)
        assert all(part.stop > part.start for part in slices)


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 8))
@settings(max_examples=60, derandomize=True)
def test_every_piece_is_someones_and_loads_are_even(costs, workers):
    shares = cuts.share([(cost, number) for number, cost in enumerate(costs)], workers)
    assert sorted(n for share in shares for n in share) == list(range(len(costs)))
    loads = [sum(costs[n] for n in share) for share in shares]
    assert max(loads) - min(loads) <= max(costs, default=0)
