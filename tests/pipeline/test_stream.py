"""A stream is a pure function of (epoch, step): everything else follows from that."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stream import Stream

LENGTHS, SEEDS, EPOCHS = st.integers(1, 40), st.integers(0, 2**64), st.integers(0, 2**40)


def whole(stream, epoch=0):
    return [stream.item(epoch, step) for step in range(len(stream))]


def double(item):
    return item * 2


def test_of_a_list():
    stream = Stream.of(["a", "b", "c"])
    assert len(stream) == 3
    assert whole(stream) == whole(stream, epoch=5) == ["a", "b", "c"]


def test_range():
    assert [(item, item.dtype) for item in Stream.range(2)] == [(0, np.int64), (1, np.int64)]


@pytest.mark.parametrize("step", [-1, 3])
def test_a_step_that_is_not_there(step):
    with pytest.raises(IndexError, match=f"expected a step from 0 to 2, found {step}"):
        Stream.range(3).item(0, step)


@given(length=LENGTHS, seed=SEEDS, epoch=EPOCHS)
def test_shuffle_is_a_permutation(length, seed, epoch):
    stream = Stream.range(length).shuffle(seed)
    assert sorted(whole(stream, epoch)) == list(range(length))
    assert whole(stream, epoch) == whole(Stream.range(length).shuffle(seed), epoch)


@given(
    places=st.lists(
        st.tuples(st.integers(0, 3) | SEEDS, st.integers(0, 3) | EPOCHS), max_size=6, unique=True
    )
)
def test_every_seed_and_epoch_has_its_own_order(places):
    orders = {
        tuple(Stream.range(100).shuffle(seed).batch(100).item(epoch, 0)) for seed, epoch in places
    }
    assert len(orders) == len(places)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((0, 1), (1, 0)),  # the same with seed + epoch
        ((5, 1), (5 + 2**32, 0)),  # the same with SeedSequence([seed, epoch])
    ],
)
def test_orders_that_others_take_for_one(one, other):
    orders = [whole(Stream.range(50).shuffle(seed), epoch) for seed, epoch in (one, other)]
    assert orders[0] != orders[1]


def test_the_order_never_changes():
    """Whoever resumes a training with a newer version relies on it."""
    assert whole(Stream.range(10).shuffle(0)) == [9, 7, 2, 0, 4, 3, 5, 6, 1, 8]
    assert Stream.range(10).shuffle(0).batch(10).item(0, 0).dtype == np.int64


def test_an_order_is_made_once_an_epoch():
    stream = Stream.range(50).shuffle(3)
    order = stream._order(7)
    assert stream._order(7) is order
    assert stream._order(8) is not order


@given(length=st.integers(0, 40), size=st.integers(1, 50), drop_last=st.booleans())
def test_batches(length, size, drop_last):
    numbers = np.arange(length) * 3
    fast = Stream.of(numbers).batch(size, drop_last)
    slow = Stream.of(numbers.tolist()).batch(size, drop_last)
    assert len(fast) == len(slow) == (length // size if drop_last else -(-length // size))
    sizes = [len(batch) for batch in whole(fast)]
    assert all(each == size for each in sizes[: -1 if sizes and not drop_last else None])
    joined = np.concatenate([np.empty(0, int), *whole(fast)])
    np.testing.assert_array_equal(joined, numbers[: len(joined)])
    for one, other in zip(whole(fast), whole(slow), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


@given(length=LENGTHS, size=st.integers(1, 9), seed=SEEDS, epoch=EPOCHS)
def test_batch_and_map_compose(length, size, seed, epoch):
    rows = Stream.range(length).shuffle(seed)
    for one, other in zip(
        whole(rows.map(double).batch(size), epoch),
        whole(rows.batch(size).map(double), epoch),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_batches_of_tuples_and_dicts():
    pairs = Stream.range(3).map(lambda row: (row, {"image": np.full((2, 2), row)}))
    rows, fields = pairs.batch(2).item(0, 0)
    np.testing.assert_array_equal(rows, [0, 1])
    assert fields["image"].shape == (2, 2, 2)


def test_batches_of_batches():
    stream = Stream.range(12).batch(2).batch(3)
    np.testing.assert_array_equal(stream.item(0, 1), [[6, 7], [8, 9], [10, 11]])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Stream.range(9).shuffle(4).batch(2).map(double),
        lambda: Stream.of(np.arange(9)).map(double).shuffle(4).batch(2, drop_last=True),
    ],
)
def test_pickled_without_what_is_kept(make):
    stream = make()
    bare = pickle.dumps(stream)
    before = [item.tolist() for item in whole(stream, epoch=3)]
    assert pickle.dumps(stream) == bare
    assert [item.tolist() for item in whole(pickle.loads(bare), epoch=3)] == before


@pytest.mark.parametrize("seed", [None, -1, True, 0.5, "1"])
def test_a_seed_is_an_integer(seed):
    with pytest.raises(ValueError, match="expected an integer of at least 0 as a seed, found"):
        Stream.range(3).shuffle(seed)


def test_sizes_are_at_least_one():
    with pytest.raises(ValueError, match="expected a batch size of at least 1, found 0"):
        Stream.range(3).batch(0)


def test_numpy_integers_are_seeds():
    stream = Stream.range(9).shuffle(np.int64(4))
    assert whole(stream) == whole(Stream.range(9).shuffle(4))


def test_the_bare_class_is_no_stream():
    for call in (lambda: len(Stream()), lambda: Stream()._item(0, 0)):
        with pytest.raises(NotImplementedError):
            call()
