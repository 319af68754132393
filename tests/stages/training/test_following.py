"""Following a training: one task over all epochs, a line for each, why it ended."""

from __future__ import annotations

import numpy as np

from pipeline.events.progress import Meter
from stages.training.following import Follower, epoch_line, stopped_early
from stages.training.state import TrainingState


def finished(*accuracies: float) -> TrainingState:
    state = TrainingState(best=np.zeros(1, np.float32))
    for accuracy in accuracies:
        entry = {"epoch": state.epoch + 1, "validation_accuracy": accuracy, "validation_loss": 1.0}
        state.finish_epoch(entry, state.best)
    return state


def test_the_time_left_is_that_of_the_whole_training():
    shown, now = [], [0.0]
    task = Meter("train", 400, "images", lambda task: shown.append(task.facts()), 1, lambda: now[0])
    state = finished()
    follower = Follower(task, state, epochs=4, images=100)
    follower.at(0)
    for images in (50, 100):
        now[0] += 10
        follower.at(images)
    state.finish_epoch(
        {"epoch": 1, "validation_accuracy": 0.419, "validation_loss": 1.0}, state.best
    )
    now[0] += 10
    follower.at(50)
    assert shown == [
        "12%, 50/400 images, 70 s left, epoch 1/4",
        "25%, 100/400 images, 60 s left, epoch 1/4",
        "38%, 150/400 images, 50 s left, epoch 2/4, best 41.90%",
    ]


def test_what_was_done_before_a_training_was_resumed_is_no_measure_of_its_speed():
    shown, now = [], [0.0]
    task = Meter("train", 400, "images", lambda task: shown.append(task.facts()), 1, lambda: now[0])
    follower = Follower(task, finished(0.4, 0.5), epochs=4, images=100)
    follower.at(50)
    now[0] += 10
    follower.at(60)
    assert shown == ["65%, 260/400 images, 2 min 20 s left, epoch 3/4, best 50.00%"]


def test_a_line_fits_eighty_columns_at_its_longest():
    entry = {"epoch": 300, "loss": 12.3456, "accuracy": 1.0}
    assert epoch_line(entry, 300, 1.25, True) == "epoch 300/300  loss 12.3456  100.00%  1.25 s"
    entry |= {"validation_loss": 12.3456, "validation_accuracy": 1.0}
    line = epoch_line(entry, 300, 1234.56, True)
    assert line == (
        "epoch 300/300  loss 12.3456  100.00%  validation 12.3456  100.00% *  1234.56 s"
    )
    assert len(line) < 80
    assert " *" not in epoch_line(entry, 300, 1.0, False)


def test_early_stopping_says_so():
    assert stopped_early(finished(0.4, 0.6, 0.5, 0.5), 2) == (
        "early stopping after epoch 4: 2 epochs without a better validation; epoch 2 was the best, "
        "with 60.00%"
    )
    assert "1 epoch without" in stopped_early(finished(0.4, 0.3), 1)
