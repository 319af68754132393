from __future__ import annotations

import sys

import pytest

from stages.neuralnet import Augmentation, Trainer

from .step.differences import PLAIN, data, make


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"smoothing": 1.0}, "smoothing: expected a number of at least 0 below 1, found 1.0"),
        ({"clip": -1.0}, "clip: expected a finite number of at least 0, found -1.0"),
        ({"kernels": "cuda"}, "kernels: expected numpy or numba, found 'cuda'"),
        ({"augment": Augmentation((3, 8, 8))}, "augment: expected images of 20 numbers"),
    ],
)
def test_senseless_settings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Trainer(make("none"), PLAIN, *data(30), **options)


@pytest.mark.parametrize("rates", [[0.1], [0.1, float("nan")], [0.1, 0.0]])
def test_rates_are_one_for_each_step(rates):
    with (
        Trainer(make("none"), PLAIN, *data(30), batch=15, workers=1) as trainer,
        pytest.raises(ValueError, match="lr: expected"),
    ):
        trainer.run(0, 0, 2, rates)


def test_a_plain_training_neither_imports_nor_needs_numba(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with Trainer(make("batch", "gelu"), PLAIN, *data(30), batch=15, workers=1) as trainer:
        trainer.run(0, 0, 2, 0.1)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'cifar-pipeline\[compiled\]'"):
        Trainer(make("batch", "gelu"), PLAIN, *data(30), kernels="numba")
