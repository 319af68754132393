"""Standardize: constants by the training rows alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.standardize import apply, fit, standardize


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), shift=st.floats(-100, 100), spread=st.floats(0.01, 100))
def test_training_features_come_to_mean_0_and_deviation_1(seed, shift, spread):
    generator = np.random.default_rng(seed)
    features = (generator.normal(size=(50, 4)) * spread + shift).astype(np.float32)
    rows = generator.permutation(50)[:40]
    done = apply(features.copy(), fit(features, rows))[rows]
    np.testing.assert_allclose(done.mean(axis=0), 0, atol=2e-3)
    np.testing.assert_allclose(done.std(axis=0), 1, atol=2e-3)


def test_other_rows_do_not_count():
    features = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    rows = np.arange(10)
    before = fit(features, rows)
    features[10:] = 1e6
    assert fit(features, rows).tobytes() == before.tobytes()


def test_a_constant_feature_keeps_its_scale():
    constants = fit(np.full((5, 1), 3, np.float32), np.arange(5))
    assert constants.tolist() == [[3], [1]]


def test_off_means_no_constants():
    features = np.ones((5, 3), np.float32)
    constants = standardize(features, np.arange(5))
    assert constants.shape == (0, 3)
    assert apply(features.copy(), constants).tolist() == features.tolist()
    assert standardize(features, np.arange(5), standardize=True).shape == (2, 3)
