from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.neuralnet.layers.activations import ACTIVATIONS

from ..reference import FUNCTIONS


def apply(name, z):
    a = np.array(z)
    with np.errstate(over="ignore"):  # as in training and inference: e^x may be infinite
        ACTIVATIONS[name].value(a)
    return a


def slope(name, z):
    value, found = apply(name, z), np.ones_like(z)
    if ACTIVATIONS[name].both:
        a = np.array(z)
        with np.errstate(over="ignore"):
            ACTIVATIONS[name].both(a, found, np.empty((2, *np.shape(z)), found.dtype))
    else:
        a = value.copy()
        ACTIVATIONS[name].slope(a, found, np.empty_like(z))
    np.testing.assert_array_equal(a, value)
    return found


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(st.floats(-30, 30).filter(lambda z: z == 0 or abs(z) > 1e-3))
def test_values_and_slopes_agree_with_their_formulas(name, z):
    z = np.array([z])
    value, derivative = FUNCTIONS[name]
    np.testing.assert_allclose(apply(name, z), value(z), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(slope(name, z), derivative(z), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_whatever_comes_the_results_are_finite(name, dtype):
    largest = np.finfo(dtype).max
    z = np.array([-largest, -1000, -88.7, -22, -9, 0, 9, 22, 1000, largest], dtype)
    with np.errstate(invalid="raise", divide="raise"):
        assert np.isfinite(apply(name, z)).all()
        assert np.isfinite(slope(name, z)).all()
    assert apply(name, z).dtype == dtype


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_far_out_they_are_what_they_tend_to(name):
    largest = np.finfo(np.float32).max
    limits = {"leaky_relu": -0.01 * largest, "elu": -1, "tanh": -1, "linear": -largest}
    low, high = apply(name, np.array([-largest, largest], np.float32))
    assert low == pytest.approx(limits.get(name, 0), rel=1e-6, abs=1e-27)
    assert high == (1 if name in ("tanh", "sigmoid") else largest)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_not_a_number_stays_so(name):
    assert np.isnan(apply(name, np.array([np.nan, 1.0]))[0])


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(st.floats(-12, 12).filter(lambda z: abs(z) > 1e-3))
def test_slopes_are_central_differences(name, z):
    low, high = apply(name, np.array([z - 1e-5, z + 1e-5]))
    assert slope(name, np.array([z])) == pytest.approx((high - low) / 2e-5, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_tiles_of_a_larger_array_will_do(name):
    z = np.random.default_rng(0).standard_normal((6, 8))
    whole, delta = apply(name, z), np.ones_like(z)
    ACTIVATIONS[name].value(z[1:4, 2:7])
    np.testing.assert_allclose(z[1:4, 2:7], whole[1:4, 2:7], rtol=1e-14)
    if ACTIVATIONS[name].both:
        ACTIVATIONS[name].both(np.array(whole[:, 2:7]), delta[:, 2:7], np.empty((2, 6, 5)))
    else:
        ACTIVATIONS[name].slope(whole[:, 2:7], delta[:, 2:7], np.empty((6, 5)))
    assert (delta[:, :2] == 1).all()


def test_a_slope_multiplies_what_comes_from_above():
    a, delta = np.array([0.0, 2.0]), np.array([3.0, 5.0])
    ACTIVATIONS["relu"].slope(a, delta, np.empty(2))
    assert delta.tolist() == [0, 5]
