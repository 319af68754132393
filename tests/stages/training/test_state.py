"""Course: the best epoch is kept, patience ends a training, and it can be put away and taken up."""

from __future__ import annotations

import json

import numpy as np

from stages.training.state import Course


def finish(course: Course, accuracy: float | None, loss: float = 1.0) -> bool:
    epoch = course.epoch + 1
    entry = {"epoch": epoch, "loss": 1.0, "accuracy": 0.5}
    if accuracy is not None:
        entry |= {"validation_accuracy": accuracy, "validation_loss": loss}
    return course.finish_epoch(entry, np.full(1, epoch, np.float32))


def test_the_best_validation_is_kept():
    course = Course(best=np.zeros(1, np.float32))
    assert [finish(course, a) for a in (0.3, 0.5, 0.4)] == [True, True, False]
    assert (course.best_epoch, course.best.tolist()) == (2, [2.0])


def test_among_equal_accuracies_the_lower_loss_is_better():
    course = Course(best=np.zeros(1, np.float32))
    assert [finish(course, 0.5, loss) for loss in (2.0, 1.0, 1.0)] == [True, True, False]


def test_without_validation_the_last_epoch_is_the_best():
    course = Course(best=np.zeros(1, np.float32))
    assert [finish(course, None) for _ in range(3)] == [True] * 3
    assert course.best.tolist() == [3.0]


def test_it_ends_after_all_epochs_or_when_patience_does():
    course = Course(best=np.zeros(1, np.float32))
    for accuracy in (0.5, 0.4, 0.3):
        finish(course, accuracy)
    assert course.ended(epochs=3, patience=0)
    assert not course.ended(epochs=4, patience=0)
    assert course.ended(epochs=9, patience=2)
    assert not course.ended(epochs=9, patience=3)


def test_the_record_is_json_and_makes_the_course_again():
    course = Course(best=np.zeros(1, np.float32))
    finish(course, 0.5)
    course.step = 7
    record = json.loads(json.dumps(course.record()))
    assert vars(Course(best=course.best, **record)) == vars(course)
