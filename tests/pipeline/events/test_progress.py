"""How far a task is, as people read it, and no more often than they want to."""

import pytest

from pipeline.events.progress import Meter, duration, facts


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.00 s"),
        (1.239, "1.24 s"),
        (99.99, "99.99 s"),
        (100, "1 min 40 s"),
        (125.4, "2 min 05 s"),
        (3599.6, "1 h 00 min"),
        (3725, "1 h 02 min"),
    ],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((31232, 55000, "images", 2e4, ""), "31,232/55,000 images, 20,000 images/s, 1 s left"),
        ((3, 10, "epochs", 0.5, ""), "3/10 epochs, 14 s left"),
        ((3, 10, "epochs", 2, "loss 1.2"), "3/10 epochs, 4 s left, loss 1.2"),
        ((3, None, "files", 0, ""), "3 files"),
        ((0, 0, "rows", 0, ""), "0/0 rows"),
        ((12, 10, "rows", 0.1, ""), "12/10 rows, 0 s left"),
        ((512, None, "B", 0, ""), "512.0 B"),
        (
            (3 * 2**20, 2**30, "B", 1.5 * 2**20, ""),
            "0.0/1.0 GiB, 1.5 MiB/s, 11 min 21 s left",
        ),
    ],
)
def test_facts(given, text):
    assert facts(*given) == text


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def task(clock, shown, **options):
    def show(task):
        shown.append((clock.now, task.done, task.note, task.facts()))

    return Meter("label", 10, "rows", show, 10.0, clock, **options)


def test_shown_at_most_once_an_interval():
    clock, shown = Clock(), []
    with task(clock, shown) as each:
        for second in range(1, 11):
            clock.now = 3.0 * second
            each.advance(note="a note" if second == 2 else "")
    assert [(now, done) for now, done, *_ in shown] == [(12, 4), (24, 8)]
    assert shown[0][2:] == ("a note", "40%, 4/10 rows, 18 s left, a note")


def test_shown_when_it_ends_where_that_is_wanted():
    clock, shown = Clock(), []
    with task(clock, shown, last=True) as each:
        each.advance(10)
    assert shown == [(0, 10, "", "100%, 10/10 rows")]
    with task(clock, shown, last=True) as each:
        clock.now = 20
        each.advance(10)
    assert len(shown) == 2  # the last count has been shown already


def test_what_is_there_when_it_opens_is_no_measure_of_the_speed():
    clock, shown = Clock(), []
    with task(clock, shown) as each:
        each.advance(5)
        clock.now = 10
        each.advance(1)
    assert shown[0][3] == "60%, 6/10 rows, 40 s left"
