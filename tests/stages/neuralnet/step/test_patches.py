"""Locally connected layers: gradients, bits, inference, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import SGD, Augmentation, Averaged, Inputs, Network, Trainer, make_optimizer

from ..data import CLASSES
from ..reference import FUNCTIONS, product
from .differences import NORMS, agrees, one_hot

SHAPE = 2, 7, 9  # of no size that patches fit
LEVELS = (3, 2, 3), (2, 2, 5)


def images(count, shape=SHAPE):
    rng = np.random.default_rng(5)
    return rng.standard_normal((count, np.prod(shape))), rng.integers(0, CLASSES, count)


def make(norm="batch", levels=LEVELS, components=7, dtype="float64", shape=SHAPE, **options):
    net = Network.create(
        int(np.prod(shape)), (6,), CLASSES, "tanh", norm=norm, local=levels, shape=shape,
        components=components, dtype=dtype, **options,
    )  # fmt: skip
    rng = np.random.default_rng(7)
    for tensors in net.tensors():
        for name in ("biases", "gains"):
            if name in tensors:
                tensors[name] += rng.uniform(-0.3, 0.3, tensors[name].shape)
    return net


def whitening(numbers, components=7):
    return np.random.default_rng(2).standard_normal((1 + numbers, components)) / 4


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("whiten", [False, True])
def test_gradients(norm, whiten):
    features, labels = images(40)
    net = make(norm, components=7 if whiten else 0, dropout=0.2)
    inputs = Inputs(whitening=whitening(18) if whiten else None, shape=SHAPE)
    agrees(net, features, labels, one_hot(labels), inputs=inputs)


@pytest.mark.parametrize(
    ("shape", "levels"),
    [
        ((1, 5, 5), [(5, 5, 4)]),  # one position
        ((3, 4, 6), [(1, 1, 2), (1, 1, 3), (4, 1, 2)]),
        ((1, 9, 8), [(4, 3, 70), (2, 1, 130)]),  # units beyond a tile
    ],
)
def test_gradients_of_any_shape(shape, levels):
    features, labels = images(130, shape)
    net = make(levels=levels, components=0, shape=shape)
    agrees(net, features, labels, one_hot(labels), draws=3)


def test_mixed_images():
    features, labels = images(41)
    augment = Augmentation(SHAPE, mixup=0.5)
    share = augment.shares(np.arange(41), 0, "float64")[:, None]
    targets = share * one_hot(labels) + (1 - share) * one_hot(labels[augment.partners(41)])
    inputs = Inputs(whitening=whitening(18), shape=SHAPE)
    agrees(make(), features, labels, targets, augment=augment, inputs=inputs)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("members", [1, 2])
def test_inference_is_by_the_book(norm, members):
    features, _ = images(20)
    net, inputs = make(norm, members=members), Inputs(2.0, 1.0, True, None, whitening(18), SHAPE)
    x, found = Inputs(2.0, 1.0, True, shape=SHAPE)(features, "float64"), []
    for member in range(members):
        a = x
        for number, (layer, t) in enumerate(zip(net.structure, net.tensors(member), strict=True)):
            z = product(layer, a, t["weights"], None if number else inputs.whitening)
            if layer.norm == "batch":
                z = (z - t["means"]) / np.sqrt(t["variances"] + 1e-5) * t["gains"]
            if layer.norm == "layer":
                z = z - z.mean(axis=1, keepdims=True)
                z = z / np.sqrt((z**2).mean(axis=1, keepdims=True) + 1e-5) * t["gains"]
            a = FUNCTIONS[layer.activation][0](z + t["biases"])
        found.append(a)
    np.testing.assert_allclose(net.logits(features, inputs=inputs), np.mean(found, 0), rtol=1e-9)


def train(optimizer=None, cuts=(), features=None, levels=LEVELS, **options):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (300, 126), np.uint8) if features is None else features
    labels = np.arange(300) % CLASSES
    net = make(levels=levels, dtype="float32", dropout=0.1, members=options.pop("members", 1))
    inputs = Inputs(1 / 255, 0.0, True, None, whitening(18).astype(np.float32), SHAPE)
    settings = {
        "batch": 70, "augment": Augmentation(SHAPE, "alternate", 1), "inputs": inputs, "clip": 0.7,
    } | options  # fmt: skip
    optimizer = Averaged(optimizer or SGD(0.9, 1e-3), 0.9)
    with Trainer(net, optimizer, pixels, labels, **settings) as trainer:
        for epoch in range(2):
            for start, stop in zip((0, *cuts), (*cuts, trainer.steps), strict=True):
                trainer.run(epoch, start, stop, 0.05)
                state = trainer.state()
                trainer.restore(state)
        return net.parameters.tobytes(), trainer.averaged().parameters.tobytes()


@pytest.mark.parametrize("name", ["sgd", "adamw", "muon"])
def test_bits_depend_neither_on_workers_nor_on_cuts(name):
    optimizer = make_optimizer(name)
    expected = train(optimizer, workers=1)
    assert expected[0] != expected[1]
    for workers in (2, 3):
        assert train(optimizer, (1, 3), executor="thread", workers=workers) == expected


def test_processes_and_ensembles_give_the_same_bits():
    expected = train(members=2, workers=1)
    assert train(members=2, executor="process", workers=2) == expected


def test_patches_that_are_whole_images_are_a_dense_layer():
    features, labels = images(60)
    dense = Network.create(126, (5,), CLASSES, "tanh", norm="batch", dtype="float64")
    net = make(levels=[(7, 7, 5)], components=0, shape=(2, 7, 7))
    features = features.reshape(60, 2, 7, 9)[..., :7].reshape(60, -1).copy()
    dense = Network.create(98, (5, 6), CLASSES, "tanh", norm="batch", dtype="float64")
    net.parameters[...] = dense.parameters
    for one in (dense, net):
        with Trainer(one, SGD(), features, labels, batch=20, workers=1) as trainer:
            trainer.run(0, 0, trainer.steps, 0.1)
    np.testing.assert_allclose(net.parameters, dense.parameters, rtol=1e-9, atol=1e-12)


def test_whitening_that_does_not_fit_is_refused():
    features, labels = images(20)
    for given, found in ((None, "none"), (whitening(17), r"\(18, 7\)")):
        with pytest.raises(ValueError, match=rf"whitening: expected \(19, 7\), .* found {found}"):
            Trainer(make(), SGD(), features, labels, inputs=Inputs(whitening=given))
