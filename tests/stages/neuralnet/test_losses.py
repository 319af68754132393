from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stages.neuralnet.losses import cross_entropy, cross_entropy_delta, softmax

logits = arrays(np.float64, (4, 3), elements=st.floats(-50, 50))


def delta_of(z, y, scale=1.0):
    z = np.array(z)
    loss, hits = cross_entropy_delta(z, y, np.arange(len(y)) * z.shape[1], np.array(scale))
    return z, loss, hits


@given(logits, st.floats(-1000, 1000))
@settings(max_examples=50, derandomize=True)
def test_softmax_is_a_distribution_that_no_shift_changes(z, shift):
    p, q = z.copy(), z + shift
    softmax(p)
    softmax(q)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_allclose(p, q, rtol=1e-9)


@given(logits)
@settings(max_examples=50, derandomize=True)
def test_delta_is_the_derivative_of_the_loss(z):
    y = np.array([0, 1, 2, 1])
    delta, loss, _ = delta_of(z, y)
    assert loss == pytest.approx(cross_entropy(z, y).sum())
    for place in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[place] = 1e-5
        up, down = cross_entropy(z + step, y).sum(), cross_entropy(z - step, y).sum()
        assert delta[place] == pytest.approx((up - down) / 2e-5, abs=1e-6)


def test_huge_logits_give_the_exact_loss():
    z = np.array([[1e4, 0.0], [0.0, 1e4]], np.float32)
    assert cross_entropy(z, np.array([0, 0])).tolist() == [0, 1e4]
    delta, loss, hits = delta_of(z, np.array([0, 0]))
    assert (loss, hits) == (1e4, 1)
    assert np.isfinite(delta).all()


def test_of_equal_logits_the_first_counts():
    assert delta_of(np.zeros((3, 2)), np.array([0, 1, 1]))[2] == 1


def test_delta_is_scaled():
    z, y = np.array([[1.0, 2.0]]), np.array([0])
    np.testing.assert_allclose(delta_of(z, y, 0.5)[0], delta_of(z, y)[0] / 2)
