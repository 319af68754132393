"""Build: what an example weighs."""

from __future__ import annotations

import numpy as np

from stages.training.build import balanced


def test_every_class_weighs_the_same():
    labels = np.array([0, 0, 0, 1, 2, 2, 0, 3], np.uint8)
    rows = np.arange(6)
    weights = balanced(labels, rows)
    assert weights.shape == (8,)
    sums = [weights[rows][labels[rows] == label].sum() for label in range(3)]
    np.testing.assert_allclose(sums, 2)
    assert np.isfinite(weights).all()
