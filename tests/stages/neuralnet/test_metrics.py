from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.neuralnet.metrics import confusion, pairs, score


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_every_pair_is_counted(given):
    truth, predicted = (np.array([pair[i] for pair in given], np.int64) for i in (0, 1))
    found = pairs(truth, predicted, 4)
    assert found.dtype == np.int64
    assert {(t, p): count for t, p, count in found.tolist()} == {
        pair: given.count(pair) for pair in set(given)
    }
    square = confusion(truth, predicted, 4)
    assert {place: n for place, n in np.ndenumerate(square) if n} == {
        pair: given.count(pair) for pair in set(given)
    }


def test_ten_thousand_classes_take_no_square_of_them():
    logits = np.zeros((3, 10_000), np.float32)
    scores = score(logits, np.array([0, 5, 5]))
    assert scores.pairs.tolist() == [[0, 0, 1], [5, 0, 2]]
    assert scores.accuracy == 1 / 3


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
