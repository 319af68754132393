"""Build: what an example weighs, and what a training's fingerprint leaves out."""

from __future__ import annotations

import numpy as np

from pipeline.code import CodeIndex
from stages.train import train
from stages.training.build import balanced


def test_every_class_weighs_the_same():
    labels = np.array([0, 0, 0, 1, 2, 2, 0, 3], np.uint8)
    rows = np.arange(6)
    weights = balanced(labels, rows)
    assert weights.shape == (8,)
    sums = [weights[rows][labels[rows] == label].sum() for label in range(3)]
    np.testing.assert_allclose(sums, 2)
    assert np.isfinite(weights).all()


def test_new_words_for_a_parameter_train_nothing_again():
    """Its help stands in an annotation, and those count only where code that is reached asks."""
    found = CodeIndex().reached(train.function, train.ignores, train.groups)
    assert "annotations" not in found.words
