"""Mirrors: even and odd coordinates are another way to say the same."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet.inputs import mirrored
from stages.training.even_odd import halves, whole

SHAPES = [(3, 2, 4), (1, 3, 5), (2, 2, 1)]


def rows(shape):
    return np.random.default_rng(0).normal(size=(6, int(np.prod(shape))))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_there_and_back(shape):
    x = rows(shape)
    even, odd = halves(x, shape)
    assert even.shape[1] + odd.shape[1] == x.shape[1]
    np.testing.assert_allclose(whole(even, False, shape) + whole(odd, True, shape), x, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_lengths_and_angles_are_kept(shape):
    x = rows(shape)
    coordinates = np.hstack(halves(x, shape))
    np.testing.assert_allclose(coordinates @ coordinates.T, x @ x.T, atol=1e-13)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_mirror_has_the_same_even_half_and_the_opposite_odd_one(shape):
    x = rows(shape)
    even, odd = halves(x, shape)
    mirror_even, mirror_odd = halves(mirrored(x, shape), shape)
    assert (mirror_even == even).all()
    assert (mirror_odd == -odd).all()
