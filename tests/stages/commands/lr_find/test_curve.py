"""The curve of a range test, on curves whose answer is known."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from pipeline.errors import ConfigError
from stages.commands.lr_find.curve import rates_between, shown, suggest, window, with_average

RATES = rates_between(1e-5, 10.0, 201)
NOISE = [0.05 * math.sin(7.3 * step) for step in range(len(RATES))]  # of no trend


def valley(begin: float, bottom: float, start: float, end: float) -> list[float]:
    """A loss that falls in a straight line between two rates, and stays."""
    first, last = math.log(start), math.log(end)
    done = (min(max((math.log(rate) - first) / (last - first), 0), 1) for rate in RATES)
    return [begin + (bottom - begin) * part for part in done]


def test_rates_rise_by_the_same_factor():
    assert len(RATES) == 201
    assert RATES[0] == pytest.approx(1e-5)
    assert RATES[-1] == pytest.approx(10)
    assert {round(b / a, 9) for a, b in pairwise(RATES)} == {round(10 ** (6 / 200), 9)}
    with pytest.raises(ConfigError, match=r"--lr-from 0\.1: expected a rate below --lr-to"):
        rates_between(0.1, 0.1, 20)


def test_the_widest_range_of_all():
    assert rates_between(5e-324, 1.7e308, 20)[-1] == pytest.approx(1.7e308)


def test_an_average_of_what_does_not_change_is_that_from_the_first_step():
    assert [mean for _, mean in with_average([2.5] * 30)] == pytest.approx([2.5] * 30)


def test_an_average_is_the_weighted_mean_of_all_before():
    losses = [3.0, 1.0, 4.0, 1.5, 5.0]
    for count, (loss, mean) in enumerate(with_average(losses, kept=0.8), start=1):
        weights = [0.8 ** (count - 1 - index) for index in range(count)]
        terms = (w * x for w, x in zip(weights, losses, strict=False))
        assert loss == losses[count - 1]
        assert mean == pytest.approx(sum(terms) / sum(weights))


def test_an_average_is_taken_step_by_step():
    asked = []
    averages = with_average(asked.append(step) or 1.0 for step in range(9))
    next(averages)
    assert asked == [0]


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
def test_the_suggestion_is_where_nine_tenths_of_the_fall_are_done(scale):
    curve = [scale * loss for loss in valley(2.4, 1.4, 1e-4, 1e-2)]
    assert suggest(RATES, curve, curve) == pytest.approx(1e-2 * 10**-0.2, rel=0.06)


def test_a_flat_valley_with_ripples_moves_the_suggestion_little():
    for sign in (1, -1):
        curve = [
            x + sign * 0.2 * n for x, n in zip(valley(2.4, 1.4, 1e-4, 1e-2), NOISE, strict=True)
        ]
        assert suggest(RATES, curve, curve) == pytest.approx(1e-2 * 10**-0.2, rel=0.15)


def test_what_comes_after_the_least_counts_for_nothing():
    curve = valley(2.4, 1.4, 1e-4, 1e-2)
    blown = [loss if rate < 1 else 9.0 for rate, loss in zip(RATES, curve, strict=True)]
    assert suggest(RATES, blown, blown) == suggest(RATES, curve, curve)
    wild = [
        loss if rate < 1 else 100 * n for rate, loss, n in zip(RATES, curve, NOISE, strict=True)
    ]
    assert suggest(RATES, wild, curve) == suggest(RATES, curve, curve)


@pytest.mark.parametrize(
    "curve",
    [
        [2.3 + rate for rate in RATES],
        [2.3 for _ in RATES],
        [2.3 + noise for noise in NOISE],
        [2.3],
        [],
    ],
    ids=["rises", "level", "noise", "one step", "no step"],
)
def test_where_the_loss_does_not_fall_nothing_is_suggested(curve):
    smoothed = [mean for _, mean in with_average(curve)]
    assert suggest(RATES, curve, smoothed) is None


def test_a_picture_shows_the_fall_and_not_the_rise():
    curve = [*valley(2.4, 1.4, 1e-4, 1e-2), 1e9]
    low, high = window(curve, curve)
    assert 1.2 < low < 1.4
    assert high == pytest.approx(3.4)
    assert window([2.0], [2.0])[0] < 2 < window([2.0], [2.0])[1]
    assert window([0.0], [0.0])[0] < 0 < window([0.0], [0.0])[1]


def test_rates_are_reported_in_two_digits():
    assert [shown(x) for x in (2e-5, 1e-5, 0.000284, 0.1, 9.99, 154.0, 1e6, 2e-300)] == [
        *("2e-5", "1e-5", "0.00028", "0.1", "10", "150", "1e6", "2e-300")
    ]
