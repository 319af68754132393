"""Spaces as users write them."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.search.space import Dimension, Range, grid, parse_space, size
from pipeline.stage import Option, Parameter

PARAMETERS = {
    "lr": Parameter("lr", float, False, 0.1, Option("rate", above=0)),
    "batch": Parameter("batch", int, False, 64, Option("images", minimum=1)),
    "hidden": Parameter("hidden", tuple, False, (8,), Option("sizes", minimum=1)),
    "batchnorm": Parameter("batchnorm", bool, False, False, Option("normalise")),
    "weight_decay": Parameter("weight_decay", float, True, None, Option("decay", minimum=0)),
    "patches": Parameter("patches", str, False, "", Option("patches", between=":")),
    "schedule": Parameter("schedule", str, False, "a", Option("schedule", choices=("a", "b"))),
}


def values(*words: str) -> dict:
    return {d.name: d.values for d in parse_space(PARAMETERS, words)}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("lr=0.1", (0.1,)),
        ("lr=0.1,1e-2,0.1", (0.1, 0.01)),  # twice is once
        ("--lr=1", (1.0,)),
        ("batch=32,64", (32, 64)),
        ("hidden=256/512,256/none", ((256,), (512, 256), ())),
        ("batchnorm=on,off,yes", (True, False)),
        ("weight-decay=none,0.1", (None, 0.1)),
        ("schedule=a,b", ("a", "b")),
        ("patches=6,2,24:6,2,24/3,2,64:", ("6,2,24", "6,2,24/3,2,64", "")),
        ("lr=0.01..1", Range(0.01, 1.0)),
        ("batch=16..512", Range(16, 512)),
    ],
)
def test_values_are_read_as_those_of_flags(word, expected):
    (found,) = values(word).values()
    assert found == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lr"], r"expected NAME=VALUE,VALUE,…, found 'lr'; for example lr="),
        (["lr="], "found 'lr='"),
        (["lrr=1"], "unknown parameter 'lrr'; did you mean lr"),
        (["lr=0.1", "lr=0.2"], "expected one word for each parameter, found two for lr"),
        (["lr=0.1,x"], "search: lr: expected a number, found 'x'"),
        (["lr=0.1,,0.2"], "lr: expected a number, found ''"),
        (["lr=0"], "lr: expected a number above 0, found 0"),
        (["schedule=c"], "schedule: expected one of a, b, found 'c'"),
        (["hidden=8/8;4"], "hidden: expected integers separated by commas, found '8;4'"),
        (["lr=1..0.1"], r"lr: expected a range LOW\.\.HIGH of numbers, found 1\.\.0\.1"),
        (["lr=1..1"], "expected a range"),
        (["lr=0.1.."], r"lr: expected a range LOW\.\.HIGH of numbers, found 0\.1\.\."),
        (["lr=0..1"], "lr: expected a number above 0, found 0"),
        (["weight_decay=none..1"], "expected a range"),
        (["batch=1.5..4"], "batch: expected an integer, found '1.5'"),
    ],
)
def test_a_mistake_is_reported_in_one_line(words, message):
    with pytest.raises(ConfigError, match=message):
        parse_space(PARAMETERS, words)


def test_the_grid_is_the_product_and_the_last_word_varies_first():
    space = parse_space(PARAMETERS, ["lr=0.1,0.2", "batch=1,2,3"])
    first, *_ = found = list(grid(space))
    values = [tuple(one.values()) for one in found]
    assert values == [(0.1, 1), (0.1, 2), (0.1, 3), (0.2, 1), (0.2, 2), (0.2, 3)]
    assert list(first) == ["lr", "batch"]
    assert size(parse_space(PARAMETERS, ["lr=0.1..0.2", "batch=1,2"])) == math.inf
    assert size(()) == 1
    assert list(grid(())) == [{}]


@given(st.floats(0, 1), st.floats(1e-6, 1e3), st.floats(1.01, 1e3))
def test_a_number_of_a_range_lies_in_it_and_can_be_typed(part, low, factor):
    found = Range(low, low * factor).at(part)
    assert low <= found <= low * factor
    assert found in (low, low * factor) or len(f"{found:.2e}") <= len("1.23e+100")
    assert float(f"{found}") == found


@given(st.floats(0, 1, exclude_max=True), st.integers(-5, 50), st.integers(1, 100))
def test_whole_numbers_stay_whole(part, low, more):
    found = Range(low, low + more).at(part)
    assert isinstance(found, int)
    assert low <= found <= low + more


def test_ranges_above_zero_are_even_in_the_logarithm():
    assert Range(0.001, 1.0).at(0.5) == 0.0316
    assert Range(0.0, 1.0).at(0.5) == 0.5
    assert Range(-1.0, 1.0).at(0.75) == 0.5
    assert (Range(0.001, 1.0).at(0), Range(0.001, 1.0).at(1)) == (0.001, 1.0)


@given(st.floats(0, 1, exclude_max=True))
def test_every_value_has_its_part_of_a_dimension(part):
    dimension = Dimension(PARAMETERS["batch"], (1, 2, 3))
    assert dimension.at(part) == (1 if part < 1 / 3 else 2 if part < 2 / 3 else 3)


@given(st.sampled_from([*PARAMETERS, "x", ""]), st.sampled_from(["=", ""]), st.text())
def test_any_word_is_read_or_refused(name, equals, text):
    with suppress(ConfigError):
        for dimension in parse_space(PARAMETERS, [name + equals + text]):
            dimension.parameter.option.check(dimension.at(0.5))
            assert size((dimension,)) >= 1
