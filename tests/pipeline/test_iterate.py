"""Iterating from anywhere, here and in a thread: the same items, and nothing left behind."""

import gc
import threading
import time
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.iterate import Position
from pipeline.stream import Stream

quick = settings(max_examples=40, derandomize=True, deadline=None)
AHEAD = [0, 1, 3]


def made(stream, ahead):
    return stream.prefetch(ahead) if ahead else stream


def rows(length=10, size=3, seed=1):
    return Stream.range(length).shuffle(seed).batch(size).map(lambda batch: batch.tolist())


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.parametrize("ahead", AHEAD)
def test_epochs_follow_each_other(ahead):
    stream = rows()
    expected = [stream.item(epoch, step) for epoch in range(3) for step in range(4)]
    assert list(made(stream, ahead).iterate(epochs=3)) == expected


@quick
@given(
    length=st.integers(1, 30),
    size=st.integers(1, 9),
    epochs=st.integers(0, 3),
    ahead=st.sampled_from(AHEAD),
    data=st.data(),
)
def test_from_any_position_it_is_the_tail_of_the_whole(length, size, epochs, ahead, data):
    stream = rows(length, size)
    expected = list(stream.iterate(epochs=epochs))
    epoch, step = data.draw(st.integers(0, epochs)), data.draw(st.integers(0, len(stream)))
    found = list(made(stream, ahead).iterate(Position(epoch, step), epochs=epochs))
    assert found == expected[epoch * len(stream) + step :]


@quick
@given(taken=st.integers(0, 25), ahead=st.sampled_from(AHEAD), again=st.sampled_from(AHEAD))
def test_starting_again_loses_and_repeats_nothing(taken, ahead, again):
    stream, total = rows(), 24
    with made(stream, ahead).iterate(epochs=6) as iterator:
        first = [item for _, item in zip(range(taken), iterator, strict=False)]
        position = iterator.position
    rest = list(made(stream, again).iterate(position, epochs=6))
    assert first + rest == list(stream.iterate(epochs=6))
    assert len(first) == min(taken, total)


@pytest.mark.parametrize("ahead", AHEAD)
def test_the_position_counts_what_is_consumed(ahead):
    with made(rows(), ahead).iterate() as iterator:
        assert iterator.position == Position(0, 0)
        for expected in (Position(0, 1), Position(0, 2), Position(0, 3), Position(1, 0)):
            next(iterator)
            time.sleep(0.001)  # for the thread to be ahead
            assert iterator.position == expected


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_no_more_than_n_items_are_held(ahead):
    made, consumed, held = 0, 0, []

    def count(item):
        nonlocal made
        made += 1
        held.append(made - consumed)
        return item

    with Stream.range(30).map(count).prefetch(ahead).iterate(epochs=1) as iterator:
        for number in range(30):
            consumed += 1  # before the call, which makes room
            next(iterator)
            deadline = time.monotonic() + 5
            while made < min(number + 1 + ahead, 30) and time.monotonic() < deadline:
                time.sleep(0)
    assert max(held) == ahead


class Thing:
    pass


def test_what_is_consumed_is_not_kept():
    with Stream.range(9).map(lambda _: Thing()).prefetch(2).iterate() as iterator:
        seen = weakref.ref(next(iterator))
        next(iterator)
        assert seen() is None


@pytest.mark.parametrize("ahead", AHEAD)
def test_an_error_arrives_once_with_its_cause_and_everything_is_closed(ahead):
    def fail(item):
        if item == 2:
            try:
                raise KeyError("deep")
            except KeyError as cause:
                raise ValueError("upstream") from cause
        return item

    iterator = made(Stream.range(5).map(fail), ahead).iterate()
    assert [next(iterator), next(iterator)] == [0, 1]
    with pytest.raises(ValueError, match="upstream") as caught:
        next(iterator)
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.traceback[-1].name == "fail"
    assert iterator.position == Position(0, 2)
    assert list(iterator) == []
    iterator.close()


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_stop_iteration_upstream_is_an_error(ahead):
    iterator = made(Stream.range(5).map(lambda item: next(iter(()))), ahead).iterate()
    with pytest.raises(RuntimeError, match="StopIteration"):
        next(iterator)


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize("taken", [0, 1, 5])
def test_closing_early(ahead, taken):
    iterator = made(rows(), ahead).iterate()
    for _ in range(taken):
        next(iterator)
    position = iterator.position
    iterator.close()
    iterator.close()
    assert list(iterator) == []
    assert iterator.position == position


def test_closing_waits_for_the_item_in_the_making():
    entered, leave, left = threading.Event(), threading.Event(), []

    def slow(item):
        if item == 1:
            entered.set()
            leave.wait(5)
            left.append(item)
        return item

    iterator = Stream.range(5).map(slow).prefetch(1).iterate()
    next(iterator)
    assert entered.wait(5)
    threading.Timer(0.02, leave.set).start()
    iterator.close()
    assert left == [1]


def test_an_iterator_that_is_forgotten_leaves_no_thread():
    iterator = rows().prefetch(2).iterate()
    next(iterator)
    del iterator
    gc.collect()


def test_an_iterator_that_the_thread_itself_collects():
    holder, returned, collected = [], threading.Event(), threading.Event()

    def collect(item):
        if item == 2:
            returned.wait(5)
            holder.clear()  # the last reference, dropped in the thread
            collected.set()
        return item

    before = set(threading.enumerate())
    holder.append(Stream.range(9).map(collect).prefetch(2).iterate())
    assert next(holder[0]) == 0
    (thread,) = set(threading.enumerate()) - before
    returned.set()
    assert collected.wait(5)
    thread.join(5)


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_stream_without_items(ahead):
    empty = made(Stream.range(0), ahead)
    assert list(empty.iterate(epochs=3)) == []
    assert list(empty.iterate(Position(2, 0), epochs=3)) == []
    with pytest.raises(ValueError, match="expected a number of epochs"):
        empty.iterate()


def test_positions_that_are_none():
    with pytest.raises(ValueError, match="expected a step of at most 4, found Position"):
        rows().iterate(Position(0, 5))
    with pytest.raises(ValueError, match="epoch and a step of at least 0"):
        Position(-1, 0)
    with pytest.raises(ValueError, match="epoch and a step of at least 0"):
        Position(0, -1)


def test_the_end_of_an_epoch_is_the_start_of_the_next():
    assert rows().iterate(Position(2, 4)).position == Position(3, 0)
    assert Position(1, 9) < Position(2, 0)
