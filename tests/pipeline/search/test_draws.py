"""What is tried: grids, and draws that only ever grow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.search.draws import combinations
from pipeline.search.space import parse_space
from tests.pipeline.search.test_space import PARAMETERS

GRID = parse_space(PARAMETERS, ["lr=0.1,0.2,0.3", "batch=1,2,3,4"])
OPEN = parse_space(PARAMETERS, ["lr=0.001..1", "batch=1,2,3,4"])


def test_all_of_a_grid():
    found = combinations(GRID, None)
    assert len({tuple(values.values()) for values in found}) == len(found) == 12
    assert combinations(GRID, 12) == combinations(GRID, 99) == found  # in order, not drawn
    assert combinations((), None) == [{}]


@pytest.mark.parametrize("space", [GRID, OPEN], ids=["grid", "open"])
@settings(deadline=None)
@given(few=st.integers(1, 11), seed=st.integers(0, 1000))
def test_more_trials_add_to_those_drawn_before(space, few, seed):
    found = combinations(space, 11, seed)
    assert combinations(space, few, seed) == found[:few]
    assert len({tuple(values.values()) for values in found}) == 11


def test_another_seed_draws_others():
    assert combinations(OPEN, 5, seed=0) != combinations(OPEN, 5, seed=1)


def test_one_more_dimension_leaves_the_others_as_they_were():
    wider = parse_space(PARAMETERS, ["batchnorm=on,off", "lr=0.001..1", "batch=1,2,3,4"])
    before, after = combinations(OPEN, 20), combinations(wider, 20)
    assert [values["lr"] for values in after] == [values["lr"] for values in before]


def test_draws_are_the_same_for_ever():
    (found,) = combinations(OPEN, 1)
    assert found == {"lr": 0.582, "batch": 2}


def test_no_grid_without_an_end():
    with pytest.raises(ConfigError, match="at most 10,000 combinations, found a range; draw some"):
        combinations(OPEN, None)
    large = parse_space(
        PARAMETERS,
        [f"lr={','.join(map(str, range(1, 201)))}", f"batch={','.join(map(str, range(1, 101)))}"],
    )
    with pytest.raises(ConfigError, match=r"found 20,000; draw some of them with --trials 20"):
        combinations(large, None)
    assert len(combinations(large, 30)) == 30
