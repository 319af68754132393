from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.neuralnet import exponential
from stages.neuralnet.schedules import SCHEDULES, make_schedule

FALLING = ("linear", "cosine", "one_cycle")


def test_the_rate_is_multiplied_after_every_epoch():
    rate = exponential(0.5, 0.5)
    assert [rate(epoch) for epoch in range(4)] == [0.5, 0.25, 0.125, 0.0625]
    assert rate(1.99) == rate(1)


@given(st.floats(1e-5, 10), st.floats(0.5, 1), st.integers(0, 200))
def test_whole_epochs_are_a_power_to_the_bit(lr, decay, epoch):
    assert exponential(lr, decay)(epoch) == lr * decay**epoch
    assert make_schedule("exponential", lr, 300, decay=decay)(epoch) == lr * decay**epoch


@pytest.mark.parametrize("name", SCHEDULES)
@given(
    st.floats(1e-6, 10), st.integers(1, 500), st.floats(0, 0.9), st.floats(0, 1), st.floats(0, 2)
)
def test_rates_are_above_0_and_at_most_lr(name, lr, epochs, warmup, final, position):
    rate = make_schedule(name, lr, epochs, decay=0.1, warmup=warmup * epochs, final=final)
    assert 0 < rate(position * epochs) <= lr * (1 + 1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_warm_up_rises_straight_to_lr(name):
    rate = make_schedule(name, 0.5, 10, warmup=2)
    assert rate(0) == pytest.approx(0.02)
    assert rate(1) == pytest.approx(0.26)
    assert rate(2) == 0.5
    assert rate(2 - 1e-9) == pytest.approx(0.5)


@pytest.mark.parametrize("name", FALLING)
def test_ends_and_monotony(name):
    rate = make_schedule(name, 0.4, 8, warmup=3, final=0.1)
    rates = [rate(3 + n / 100) for n in range(501)]
    assert rates[0] == pytest.approx(0.4)
    assert rates[-1] == rate(20) == pytest.approx(0.04)
    assert all(a > b > a - 0.01 for a, b in pairwise(rates))


def test_middles():
    assert make_schedule("linear", 0.4, 8, final=0.5)(4) == pytest.approx(0.3)
    assert make_schedule("cosine", 0.4, 8, final=0.5)(4) == pytest.approx(0.3)
    assert make_schedule("cosine", 0.4, 6)(4) == pytest.approx(0.1)
    assert make_schedule("constant", 0.4, 6)(4) == 0.4


@pytest.mark.parametrize("position", [0, 0.3, 2.7, 5, 7.99])
def test_cosine_by_the_book(position):
    expected = 0.01 + (0.4 - 0.01) * (1 + math.cos(math.pi * position / 8)) / 2
    assert make_schedule("cosine", 0.4, 8, final=0.025)(position) == pytest.approx(expected)


def test_steps():
    rate = make_schedule("step", 1.0, 40, decay=0.5, every=10, warmup=1)
    assert [rate(1 + n) for n in (0, 9.9, 10, 19, 20, 30)] == [1, 1, 0.5, 0.5, 0.25, 0.125]


def test_one_cycle_warms_up_by_itself():
    rate, given = (make_schedule("one_cycle", 0.1, 10, warmup=warmup) for warmup in (0, 3))
    assert [rate(n / 2) for n in range(20)] == [given(n / 2) for n in range(20)]
    assert rate(0) < rate(1.5) < rate(3) > rate(3.1)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cosinus", {}, "schedule: expected one of constant, .*, found 'cosinus'"),
        ("constant", {"lr": 0}, "lr: expected a finite number above 0, found 0"),
        ("constant", {"epochs": math.inf}, "epochs: expected"),
        ("exponential", {"decay": 1.01}, "decay: expected a number above 0, at most 1, found"),
        ("step", {"every": 0}, "every: expected"),
        ("exponential", {"decay": -0.5}, "decay: expected"),
        ("cosine", {"final": 1.5}, "final: expected a number from 0 to 1, found 1.5"),
        ("linear", {"warmup": 5}, "warmup: expected .* fewer than all 5, found 5"),
        ("linear", {"warmup": math.nan}, "warmup: expected"),
    ],
)
def test_senseless_numbers_are_refused(name, options, message):
    options = {"lr": 0.1, "epochs": 5} | options
    with pytest.raises(ValueError, match=message):
        make_schedule(name, **options)
