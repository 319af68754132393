"""Segments of a quarter of a second; saving for less than about one percent of the time."""

from __future__ import annotations

import pytest

from stages.training.checkpoints import CheckpointPolicy


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_segments_grow_to_a_quarter_of_a_second():
    clock = Clock()
    policy = CheckpointPolicy(clock)

    def work(steps):
        clock.now += 0.001 * steps

    lengths = [policy.segment(work, 10_000) for _ in range(6)]
    assert lengths == [1, 4, 16, 64, 250, 250]


def test_a_slow_step_is_a_segment_of_its_own():
    clock = Clock()
    policy = CheckpointPolicy(clock)

    def work(steps):
        clock.now += 3.0 * steps

    assert [policy.segment(work, 10) for _ in range(3)] == [1, 1, 1]


def test_a_segment_is_at_most_what_is_left():
    clock = Clock()
    policy = CheckpointPolicy(clock)
    assert [policy.segment(lambda steps: None, most) for most in (1, 3, 2)] == [1, 3, 2]


@pytest.mark.parametrize("cost", [0.001, 0.1, 2.0])
def test_saving_costs_about_one_percent(cost):
    clock = Clock()
    policy = CheckpointPolicy(clock)
    spent = 0.0

    def save():
        nonlocal spent
        clock.now += cost
        spent += cost

    while clock.now < 1000:
        clock.now += 0.25
        policy.save_if_due(save)
    assert 0 < spent / clock.now <= 0.01 + cost / clock.now
