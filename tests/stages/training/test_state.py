"""The best epoch is kept, patience ends a training, and a state can be saved and resumed."""

from __future__ import annotations

import json

import numpy as np

from stages.training.state import TrainingState


def finish(state: TrainingState, accuracy: float | None, loss: float = 1.0) -> bool:
    epoch = state.epoch + 1
    entry = {"epoch": epoch, "loss": 1.0, "accuracy": 0.5}
    if accuracy is not None:
        entry |= {"validation_accuracy": accuracy, "validation_loss": loss}
    return state.finish_epoch(entry, np.full(1, epoch, np.float32))


def test_the_best_validation_is_kept():
    state = TrainingState(best=np.zeros(1, np.float32))
    assert [finish(state, a) for a in (0.3, 0.5, 0.4)] == [True, True, False]
    assert (state.best_epoch, state.best.tolist()) == (2, [2.0])


def test_among_equal_accuracies_the_lower_loss_is_better():
    state = TrainingState(best=np.zeros(1, np.float32))
    assert [finish(state, 0.5, loss) for loss in (2.0, 1.0, 1.0)] == [True, True, False]


def test_without_validation_the_last_epoch_is_the_best():
    state = TrainingState(best=np.zeros(1, np.float32))
    assert [finish(state, None) for _ in range(3)] == [True] * 3
    assert state.best.tolist() == [3.0]


def test_it_ends_after_all_epochs_or_when_patience_does():
    state = TrainingState(best=np.zeros(1, np.float32))
    for accuracy in (0.5, 0.4, 0.3):
        finish(state, accuracy)
    assert state.ended(epochs=3, patience=0)
    assert not state.ended(epochs=4, patience=0)
    assert state.ended(epochs=9, patience=2)
    assert not state.ended(epochs=9, patience=3)


def test_the_record_is_json_and_makes_the_course_again():
    state = TrainingState(best=np.zeros(1, np.float32))
    finish(state, 0.5)
    state.step = 7
    record = json.loads(json.dumps(state.record()))
    assert vars(TrainingState(best=state.best, **record)) == vars(state)
