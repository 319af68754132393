"""Rounds of successive halving."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.search.halving import rounds


@pytest.mark.parametrize(
    ("trials", "factor", "expected"),
    [
        (1, 3, [(1, 1)]),
        (3, 3, [(3, 1)]),
        (4, 3, [(4, 1 / 3), (2, 1)]),
        (27, 3, [(27, 1 / 9), (9, 1 / 3), (3, 1)]),
        (8, 2, [(8, 1 / 4), (4, 1 / 2), (2, 1)]),
    ],
)
def test_the_rounds(trials, factor, expected):
    found = rounds(trials, factor)
    assert [count for count, _ in found] == [count for count, _ in expected]
    assert [part for _, part in found] == pytest.approx([part for _, part in expected])


@given(st.integers(1, 10_000), st.integers(2, 10))
def test_the_last_has_the_whole_and_each_has_what_the_ones_before_cost(trials, factor):
    found = rounds(trials, factor)
    assert found[0][0] == trials
    assert found[-1][1] == 1
    assert 1 <= found[-1][0] <= factor
    for (many, little), (few, more) in pairwise(found):
        assert more == pytest.approx(factor * little)
        assert many / factor <= few < many / factor + 1
