"""Training with everything switched on: the same bits from any workers and any cut."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from stages.neuralnet import SGD, Augmentation, Averaged, Inputs, Network, Trainer, make_optimizer

from ..data import CLASSES
from .differences import NORMS

WHITE = np.random.default_rng(3).standard_normal((193, 90)).astype(np.float32) / 50


def train_all(norm, cuts=(), augment=(3, 8, 8), optimizer=None, **options):
    """Parameters after two epochs with everything switched on."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (700, 192), np.uint8)
    labels = rng.integers(0, CLASSES, 700)
    net = Network.create(90, (300, 150), CLASSES, "gelu", norm=norm, dropout=0.2)
    inputs = Inputs(1 / 255, 0.0, True, None, WHITE, (3, 8, 8))
    settings = {
        "batch": 150, "augment": Augmentation(augment, "alternate", 2, 9.0, 0.1, 3, 0.4),
        "inputs": inputs, "smoothing": 0.1, "clip": 0.7,
    } | options  # fmt: skip
    with Trainer(net, optimizer or SGD(0.9, 1e-3), images, labels, **settings) as trainer:
        for epoch in range(2):
            for start, stop in zip((0, *cuts), (*cuts, trainer.steps), strict=True):
                trainer.run(epoch, start, stop, 0.05)
        return net.parameters.tobytes(), trainer.averaged().parameters.tobytes()


@pytest.mark.parametrize("norm", NORMS)
def test_bits_depend_neither_on_workers_nor_on_how_epochs_are_cut(norm):
    expected = train_all(norm, workers=1)
    assert train_all(norm, workers=1, cuts=(1, 2, 4)) == expected
    for workers in (2, 3):
        assert train_all(norm, executor="thread", workers=workers) == expected
    with ThreadPoolExecutor(1) as pool:
        assert train_all(norm, executor=pool, workers=2) == expected


def test_processes_give_the_same_bits():
    options = {"executor": "process", "workers": 2}
    assert train_all("batch", cuts=(2,), **options) == train_all("batch", workers=1)


@pytest.mark.parametrize("name", ["rmsprop", "adamw", "lion", "muon"])
def test_every_optimizer_keeps_the_bits_and_its_averages(name):
    options = {"optimizer": Averaged(make_optimizer(name), 0.9)}
    expected = train_all("batch", workers=1, **options)
    assert train_all("batch", executor="thread", workers=3, cuts=(3,), **options) == expected
    assert expected[0] != expected[1]
