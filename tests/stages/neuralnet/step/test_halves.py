"""Whitening by halves gives what whitening whole images gives."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import SGD, Augmentation, Inputs, Network, Trainer
from stages.neuralnet.inputs import mirrored
from stages.neuralnet.step.halves import Halves, parities

SHAPE = (3, 4, 6)


def whitening(odd=(1, 4), columns=7, dtype="float64", shape=SHAPE):
    """A matrix whose columns are even or odd, in any order."""
    W = np.random.default_rng(0).standard_normal((columns, int(np.prod(shape))))
    signs = np.where(np.isin(np.arange(columns), odd), -1, 1)[:, None]
    W = (W + signs * mirrored(W, shape)) / 20
    offsets = np.linspace(-1, 1, columns)
    return np.vstack([offsets, W.T]).astype(dtype)


IMAGES = np.random.default_rng(1).integers(0, 256, (90, 72), np.uint8)
STANDARD = np.stack([IMAGES.mean(axis=0), 1 / IMAGES.std(axis=0)])
WAYS = {
    "stored": {"scale": 1 / 255, "offset": -0.3},
    "contrast": {"scale": 1 / 255, "contrast": True},
    "standardized": {"standardization": STANDARD},
}


def test_columns_are_found_by_their_parity():
    found = parities(Inputs(whitening=whitening(), shape=SHAPE))
    assert [columns.tolist() for columns in found] == [[0, 2, 3, 5, 6], [1, 4]]
    skew = whitening()
    skew[5, 3] += 1e-9
    assert parities(Inputs(whitening=skew, shape=SHAPE)) is None
    assert parities(Inputs(whitening=whitening())) is None
    assert parities(Inputs(shape=SHAPE)) is None
    narrow = (3, 8, 3)
    assert parities(Inputs(whitening=whitening(shape=narrow), shape=narrow)) is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("odd", [(1, 4), (), range(7)], ids=["both", "even", "odd"])
def test_halves_give_what_the_whole_gives(way, odd):
    inputs = Inputs(**WAYS[way], whitening=whitening(odd), shape=SHAPE)
    halves, expected = Halves(inputs, parities(inputs), 90), inputs(IMAGES, "float64")
    x, found = IMAGES, np.empty_like(expected)
    if not halves.stored:
        x = np.empty(IMAGES.shape)
        inputs.convert(IMAGES, x)
    pair = np.empty((2, 90, 36))
    halves.split(x, *pair)
    for half, columns, weights, offsets in zip(
        pair, halves.columns, halves.weights, halves.offsets, strict=True
    ):
        found[:, columns] = half @ weights + offsets
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("mixup", [0.0, 0.4])
@pytest.mark.parametrize("way", WAYS)
def test_training_by_halves_is_training_by_the_whole(way, mixup, kind):
    """A whitening that is just not symmetric is taken whole: the same training but for rounding."""
    symmetric, skew = whitening(), whitening()
    skew[5, 3] *= 1 + 1e-12
    found = []
    for W, workers in ((symmetric, 1), (skew, 1), (symmetric, 3)):
        net = Network.create(7, (12,), 5, "gelu", norm="batch", dtype="float64")
        inputs = Inputs(**WAYS[way], whitening=W, shape=SHAPE)
        augment = Augmentation(SHAPE, "random", shift=1, mixup=mixup)
        options = {"batch": 40, "inputs": inputs, "augment": augment, "workers": workers}
        labels, executor = IMAGES[:, 0] % 5, "thread" if workers > 1 else "serial"
        features = IMAGES.astype(kind)
        with Trainer(net, SGD(), features, labels, executor=executor, **options) as trainer:
            for epoch in range(2):
                trainer.run(epoch, 0, trainer.steps, 0.05)
        found.append(net.parameters)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6, atol=1e-9)
    assert (found[0] == found[2]).all()
