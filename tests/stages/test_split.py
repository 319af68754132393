"""Split: a seeded, stratified partition; the test batch stays the test set."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from stages.split import split
from tests.stages.flat import call


def dataset(train: int, test: int) -> dict:
    return {"name": "any", "train": train, "test": test, "classes": list("abcdefghij")}


@given(
    labels=st.lists(st.integers(0, 9), min_size=3, max_size=200),
    test=st.integers(1, 2),
    fraction=st.floats(0, 0.4),
    seed=st.integers(0, 2**32),
)
def test_every_row_is_in_one_part(labels, test, fraction, seed):
    labels = np.array(labels, np.uint8)
    parts = call(split, labels, dataset(len(labels) - test, test), seed=seed, val_fraction=fraction)
    together = np.concatenate([parts["train_rows"], parts["validation_rows"], parts["test_rows"]])
    assert sorted(together.tolist()) == list(range(len(labels)))
    assert parts["test_rows"].tolist() == list(range(len(labels) - test, len(labels)))
    for rows in parts.values():
        assert rows.dtype == np.int64
        assert (np.diff(rows) > 0).all()


def test_each_class_gives_the_same_part():
    labels = np.repeat(np.arange(10), [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]).astype(np.uint8)
    parts = call(split, labels, dataset(550, 0), val_fraction=0.2)
    counts = np.bincount(labels[parts["validation_rows"]])
    assert counts.tolist() == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]


def test_the_seed_decides():
    labels = np.zeros(100, np.uint8)
    first, again, other = (call(split, labels, dataset(90, 10), seed=seed) for seed in (0, 0, 1))
    rows = [found["validation_rows"].tolist() for found in (first, again, other)]
    assert rows[0] == rows[1] != rows[2]


def test_no_validation_on_request():
    found = call(split, np.zeros(9, np.uint8), dataset(9, 0), val_fraction=0.0)
    assert not len(found["validation_rows"])


def test_something_must_be_left_to_train_on():
    with pytest.raises(ConfigError, match=r"--val-fraction 0.9: expected some of the 3 training"):
        call(split, np.zeros(3, np.uint8), dataset(3, 0), val_fraction=0.9)
