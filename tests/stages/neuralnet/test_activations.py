from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.neuralnet.activations import ACTIVATIONS

from .data import FUNCTIONS


def apply(name, z):
    a = np.array(z)
    ACTIVATIONS[name].value(a)
    return a


def slope(name, z):
    a, delta = apply(name, z), np.ones_like(z)
    ACTIVATIONS[name].slope(a, delta, np.empty_like(a))
    return delta


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(st.floats(-30, 30).filter(lambda z: z == 0 or abs(z) > 1e-3))
@settings(max_examples=40, derandomize=True)
def test_values_and_slopes_agree_with_their_formulas(name, z):
    z = np.array([z])
    value, derivative = FUNCTIONS[name]
    np.testing.assert_allclose(apply(name, z), value(z), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(slope(name, z), derivative(z), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_overflows(name, dtype):
    largest = np.finfo(dtype).max
    z = np.array([-largest, -1000, 0, 1000, largest], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.isfinite(apply(name, z)).all()
        assert np.isfinite(slope(name, z)).all()
    assert apply(name, z).dtype == dtype


def test_a_slope_multiplies_what_comes_from_above():
    a, delta = np.array([0.0, 2.0]), np.array([3.0, 5.0])
    ACTIVATIONS["relu"].slope(a, delta, np.empty(2))
    assert delta.tolist() == [0, 5]
