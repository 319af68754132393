"""Small data, and a network and a trainer for them."""

from __future__ import annotations

import numpy as np

from stages.neuralnet import SGD, Network, Trainer

INPUTS, CLASSES = 20, 5


def examples(
    count: int = 100, inputs: int = INPUTS, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 (count, inputs) and learnable labels uint8 (count,)."""
    features = np.random.default_rng(seed).standard_normal((count, inputs), np.float32)
    return features, features[:, :CLASSES].argmax(axis=1).astype(np.uint8)


def network(activation: str = "relu", hidden: tuple[int, ...] = (16, 12), **options) -> Network:
    options = {"inputs": INPUTS, "classes": CLASSES, "seed": 3} | options
    return Network.create(hidden=hidden, activation=activation, **options)


FEATURES, LABELS = examples(150)


def trainer(net=None, features=FEATURES, labels=LABELS, optimizer=None, **options):
    options = {"batch": 32, "workers": 1} | options
    return Trainer(net or network(), optimizer or SGD(0.9, 1e-3), features, labels, **options)


def train(net, cuts, **options):
    with trainer(net, **options) as t:
        for epoch in range(3):
            for start, stop in zip((0, *cuts), (*cuts, t.steps), strict=True):
                t.run(epoch, start, stop, 0.1 * 0.9**epoch)
        return net.parameters.copy(), t.totals
