from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.neuralnet.step import cuts

sizes = st.integers(1, 5000)


def covered(slices, length):
    return [n for part in slices for n in range(part.start, part.stop)] == list(range(length))


@given(sizes, sizes, st.sampled_from([4, 8]), st.booleans())
def test_every_cut_covers_everything_once_and_has_no_empty_piece(rows, columns, itemsize, whole):
    tiles = cuts.tiles(rows, columns, whole)
    count = np.zeros((rows, columns), np.int8)
    for tile in tiles:
        count[tile] += 1
        assert count[tile].size
    assert (count == 1).all()
    for slices in (
        cuts.shards(rows, 8),
        cuts.shards(rows, 32),
        cuts.blocks(rows, columns, itemsize),
        cuts.blocks(rows, columns, itemsize, panels=3),
    ):
        assert covered(slices, rows)
        assert all(part.stop > part.start for part in slices)


@pytest.mark.parametrize("least", [8, 64])
def test_no_batch_has_a_longer_shard_than_the_longest(least):
    longest = 0
    for rows in range(1, 1200):
        for part in cuts.shards(rows, least):
            longest = max(longest, part.stop - part.start)
        assert longest <= cuts.longest_shard(rows, least) <= max(longest, 2 * least)


def test_panels_share_the_few_blocks_that_two_workers_need():
    for panels, count in ((1, 4), (2, 2), (3, 2), (4, 1), (8, 1)):
        assert len(cuts.blocks(300, 256, 4, panels)) == count
    assert len(cuts.blocks(3072, 256, 4, panels=2)) == 6  # of 512 KB: as many as it takes


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 8))
def test_every_piece_is_someones_and_loads_are_even(costs, workers):
    tasks = [cuts.WorkItem(cost, number) for number, cost in enumerate(costs)]
    shares = cuts.share(tasks, workers)
    assert sorted(n for share in shares for n in share) == list(range(len(costs)))
    loads = [sum(costs[n] for n in share) for share in shares]
    assert max(loads) - min(loads) <= max(costs, default=0)


def test_pieces_stay_at_home_while_that_is_fair():
    tasks = [cuts.WorkItem(1, number, (number + 0.5) / 8) for number in range(8)]
    assert cuts.share(tasks, 2) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    crowded = [cuts.WorkItem(1, number, 0.1) for number in range(4)]
    assert sorted(map(len, cuts.share(crowded, 2))) == [2, 2]
