from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import SGD


def test_momentum_and_l2_follow_the_formula_when_the_rate_changes():
    rng = np.random.default_rng(0)
    optimizer, W = SGD(momentum=0.9, l2=0.1), rng.standard_normal(7)
    expected, v, slots, previous = W.copy(), np.zeros(7), np.zeros((1, 7)), 0.5
    for count, lr in enumerate([0.5, 0.5, 0.1, 0.7]):
        g = rng.standard_normal(7)
        v = 0.9 * v + g + 0.1 * expected
        expected = expected - lr * v
        numbers = optimizer.coefficients(lr, previous, count)
        optimizer.update(W, g * optimizer.scale(lr), slots, numbers)
        previous = lr
    np.testing.assert_allclose(W, expected, rtol=1e-13)


def test_biases_are_spared_the_penalty():
    optimizer, W = SGD(momentum=0.0, l2=0.5), np.ones(2)
    optimizer.update(W, np.zeros(2), np.zeros((1, 2)), optimizer.coefficients(1, 1, 0), decay=False)
    assert W.tolist() == [1, 1]


def test_blocks_do_not_matter():
    rng = np.random.default_rng(1)
    W, g, slots = rng.random(10), rng.random(10), rng.random((1, 10))
    whole, parts = (W.copy(), slots.copy()), (W.copy(), slots.copy())
    optimizer = SGD(0.9, 0.1)
    numbers = optimizer.coefficients(0.1, 0.2, 3)
    optimizer.update(whole[0], g.copy(), whole[1], numbers)
    for own in (slice(0, 3), slice(3, 10)):
        optimizer.update(parts[0][own], g[own].copy(), parts[1][:, own], numbers)
    assert (whole[0] == parts[0]).all()
    assert (whole[1] == parts[1]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"momentum": 1.0}, "momentum"), ({"l2": -1.0}, "l2"), ({"l2": np.nan}, "l2")],
)
def test_senseless_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SGD(**options)
