"""Iterating from anywhere, here and in a thread: the same items, and nothing left behind."""

import gc
import threading
import time
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.prefetch import prefetched
from pipeline.stream import Stream

AHEAD = [0, 1, 3]


def rows(length=10, size=3, seed=1):
    return Stream.range(length).shuffle(seed).batch(size).map(lambda batch: batch.tolist())


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = {*threading.enumerate()}  # of which others may end meanwhile
    yield
    assert not {*threading.enumerate()} - before


@given(
    length=st.integers(0, 30),
    size=st.integers(1, 9),
    epoch=st.integers(0, 3),
    ahead=st.sampled_from(AHEAD),
    data=st.data(),
)
def test_from_any_step_it_is_the_tail_of_the_epoch(length, size, epoch, ahead, data):
    stream = rows(length, size)
    expected = [stream.item(epoch, step) for step in range(len(stream))]
    start = data.draw(st.integers(0, len(stream)))
    assert list(stream.epoch(epoch, start, ahead)) == expected[start:]


def test_to_iterate_is_to_go_through_the_first_epoch():
    assert list(rows()) == list(rows().epoch(0)) != list(rows().epoch(1))


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_stream_without_items(ahead):
    assert list(Stream.range(0).epoch(2, ahead=ahead)) == []


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_no_more_than_n_items_are_held(ahead):
    made, consumed, held = 0, 0, []

    def count(item):
        nonlocal made
        made += 1
        held.append(made - consumed)
        return item

    iterator = Stream.range(30).map(count).epoch(0, ahead=ahead)
    for number in range(30):
        consumed += 1  # before the call, which makes room
        next(iterator)
        deadline = time.monotonic() + 5
        while made < min(number + 1 + ahead, 30) and time.monotonic() < deadline:
            time.sleep(0)
    iterator.close()
    assert max(held) == ahead


class Thing:
    pass


def test_what_is_consumed_is_not_kept():
    iterator = Stream.range(9).map(lambda _: Thing()).epoch(0, ahead=2)
    seen = weakref.ref(next(iterator))
    next(iterator)
    assert seen() is None
    iterator.close()


@pytest.mark.parametrize("ahead", AHEAD)
def test_an_error_arrives_once_with_its_cause_and_everything_is_closed(ahead):
    def fail(item):
        if item == 2:
            try:
                raise KeyError("deep")
            except KeyError as cause:
                raise ValueError("upstream") from cause
        return item

    iterator = Stream.range(5).map(fail).epoch(0, ahead=ahead)
    assert [next(iterator), next(iterator)] == [0, 1]
    with pytest.raises(ValueError, match="upstream") as caught:
        next(iterator)
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.traceback[-1].name == "fail"
    assert list(iterator) == []
    iterator.close()


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_stop_iteration_upstream_is_an_error(ahead):
    iterator = Stream.range(5).map(lambda item: next(iter(()))).epoch(0, ahead=ahead)
    with pytest.raises(RuntimeError, match="StopIteration"):
        next(iterator)


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize("taken", [0, 1, 4])
def test_closing_early(ahead, taken):
    iterator = rows().epoch(0, ahead=ahead)
    for _ in range(taken):
        next(iterator)
    iterator.close()
    iterator.close()
    assert list(iterator) == []


def test_closing_waits_for_the_item_in_the_making():
    entered, leave, left = threading.Event(), threading.Event(), []

    def slow(item):
        if item == 1:
            entered.set()
            leave.wait(5)
            left.append(item)
        return item

    iterator = Stream.range(5).map(slow).epoch(0, ahead=1)
    next(iterator)
    assert entered.wait(5)
    threading.Timer(0.02, leave.set).start()
    iterator.close()
    assert left == [1]


def test_an_iterator_that_is_forgotten_leaves_no_thread():
    iterator = rows().epoch(0, ahead=2)
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
    holder.append(Stream.range(9).map(collect).epoch(0, ahead=2))
    assert next(holder[0]) == 0
    (thread,) = set(threading.enumerate()) - before
    returned.set()
    assert collected.wait(5)
    thread.join(5)


def test_without_a_thread_nothing_is_made_ahead(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    made = []
    items = prefetched((made.append(i) or i for i in range(3)), 1)
    assert next(items) == 0
    assert made == [0]
    assert list(items) == [1, 2]
