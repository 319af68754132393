from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stages.neuralnet.losses import cross_entropy, cross_entropy_delta, softmax

logits = arrays(np.float64, (4, 3), elements=st.floats(-50, 50))


Y, PARTNER = np.array([0, 1, 2, 1]), np.array([2, 1, 0, 0])  # the second row is mixed with its own
SHARE = np.array([0.25, 0.5, 1.0, 0.0])
SOFTER = {
    "smoothed": {"smoothing": 0.3},
    "mixed": {"partner": PARTNER, "share": SHARE},
    "both": {"smoothing": 0.3, "partner": PARTNER, "share": SHARE},
}


def delta_of(z, y, scale=1.0, **options):
    z = np.array(z)
    firsts = np.arange(len(y)) * z.shape[1]
    loss, hits = cross_entropy_delta(z, y, firsts, np.array(scale, z.dtype), **options)
    return z, loss, hits


def targets(smoothing=0.0, partner=Y, share=SHARE):
    one_hot = np.eye(3)
    mixed = share[:, None] * one_hot[Y] + (1 - share[:, None]) * one_hot[partner]
    return (1 - smoothing) * mixed + smoothing / 3


@given(logits, st.floats(-1000, 1000))
def test_softmax_is_a_distribution_that_no_shift_changes(z, shift):
    p, q = z.copy(), z + shift
    softmax(p)
    softmax(q)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_allclose(p, q, rtol=1e-9)


@given(logits)
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


@pytest.mark.parametrize("options", SOFTER.values(), ids=SOFTER)
@given(logits)
def test_softer_targets(options, z):
    t = targets(**options)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    unsmoothed = targets(**options | {"smoothing": 0.0})
    by_the_book = (np.log(np.exp(z).sum(axis=1)) - (unsmoothed * z).sum(axis=1)).sum()
    delta, loss, hits = delta_of(z, Y, 0.5, **options)
    np.testing.assert_allclose(delta, (p - t) / 2, atol=1e-14)
    assert loss == pytest.approx(by_the_book, abs=1e-12)
    assert hits == (z.argmax(axis=1) == Y).sum()


@pytest.mark.parametrize("options", SOFTER.values(), ids=SOFTER)
def test_their_delta_is_the_derivative_of_their_loss(options):
    def loss(z):
        return (np.log(np.exp(z).sum(axis=1)) - (targets(**options) * z).sum(axis=1)).sum()

    z = np.random.default_rng(0).standard_normal((4, 3)) * 3
    delta = delta_of(z, Y, **options)[0]
    for place in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[place] = 1e-5
        up, down = loss(z + step), loss(z - step)
        assert delta[place] == pytest.approx((up - down) / 2e-5, abs=1e-8)


@pytest.mark.parametrize("options", [{}, *SOFTER.values()], ids=["hard", *SOFTER])
def test_single_precision_stays_so_and_huge_logits_stay_finite(options):
    if "share" in options:
        options = options | {"share": SHARE.astype(np.float32)}
    z = np.array([[1e4, 0, -1e4], [0, 0, 0], [-1e4, 1e4, 0], [1, 2, 3]], np.float32)
    delta, loss, _ = delta_of(z, Y, **options)
    assert delta.dtype == np.float32
    assert np.isfinite(delta).all()
    assert np.isfinite(loss)


def test_nothing_to_soften_gives_the_bits_of_the_plain_formula():
    rng = np.random.default_rng(1)
    z, y = rng.standard_normal((64, 10), np.float32) * 4, rng.integers(0, 10, 64)
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    sums, rows = e.sum(axis=1), np.arange(64)
    expected = e * (np.float32(0.1) / sums)[:, None]
    expected[rows, y] -= np.float32(0.1)
    losses = np.log(sums) - shifted[rows, y]
    delta, loss, _ = delta_of(z, y, 0.1)
    assert (delta == expected).all()
    assert loss == losses.sum(dtype=np.float64)
