from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.neuralnet.metrics import confusion, score


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
@settings(max_examples=50, derandomize=True)
def test_confusion_counts_every_pair(pairs):
    truth, predicted = [t for t, _ in pairs], [p for _, p in pairs]
    counts = confusion(np.array(truth, np.int64), np.array(predicted, np.int64), 4)
    assert counts.dtype == np.int64
    assert {(t, p): pairs.count((t, p)) for t in range(4) for p in range(4)} == dict(
        np.ndenumerate(counts)
    )


def test_scores_by_hand():
    z = np.array([[0.0, 9], [9, 0], [0, 9], [0, 9]])
    scores = score(z, np.array([1, 0, 0, 1]))
    assert scores.images == 4
    assert scores.accuracy == 0.75
    assert scores.per_class == [0.5, 1.0]
    assert scores.confusion.tolist() == [[1, 1], [0, 2]]
    assert scores.loss == pytest.approx(9 / 4, abs=1e-3)


def test_no_images_no_means():
    scores = score(np.empty((0, 2)), np.empty(0, np.int64))
    assert (scores.images, scores.loss, scores.accuracy) == (0, None, None)
    assert scores.per_class == [None, None]
