"""Gradients of the step that trains, against central differences and against the textbook."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import SGD, Augmentation, Trainer

from ..data import examples, network
from ..reference import reference_forward, reference_gradient, reference_loss, reference_training

STEP = 1e-4  # of the differences


def gradient(net, features, labels):
    """One step of plain gradient descent at rate 1 moves the parameters by minus the gradient."""
    before = net.parameters.copy()
    with Trainer(net, SGD(momentum=0), features, labels, batch=len(labels), workers=1) as trainer:
        trainer.run(0, 0, 1, lr=1.0)
        loss = trainer.totals.means()["loss"]
    found = before - net.parameters
    net.parameters[:] = before
    return loss, found


def central_differences(net, features, labels, h=STEP):
    """Fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h."""
    found = np.empty_like(net.parameters)
    for number in range(len(found)):
        value, losses = net.parameters[number], []
        for step in (h, -h, 2 * h, -2 * h):
            net.parameters[number] = value + step
            losses.append(reference_loss(net, features, labels))
        net.parameters[number] = value
        found[number] = (8 * (losses[0] - losses[1]) - (losses[2] - losses[3])) / (12 * h)
    return found


@pytest.mark.parametrize("hidden", [(), (7,), (7, 6), (6, 5, 4)], ids=str)
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh", "linear"])
def test_every_parameter_agrees_with_central_differences(activation, hidden):
    net = network(activation, hidden, dtype="float64")
    net.parameters += np.random.default_rng(5).uniform(-0.1, 0.1, net.parameters.shape)
    features, labels = examples(60)
    features = features.astype(np.float64)
    # A ReLU has a kink at 0, and differences across it say nothing.
    distance = np.min([np.abs(z).min(axis=1) for z in reference_forward(net, features)[1]], axis=0)
    clear = distance > 20 * STEP
    assert clear.sum() > 20
    features, labels = features[clear], labels[clear]
    _, found = gradient(net, features, labels)
    expected = central_differences(net, features, labels)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


LARGE = pytest.param(1100, (520, 40, 30), marks=pytest.mark.long)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh", "linear"])
@pytest.mark.parametrize(("batch", "hidden"), [(1, (3,)), (97, (200, 130)), LARGE])
def test_every_cut_agrees_with_the_textbook(activation, batch, hidden):
    features, labels = examples(batch)
    net = network(activation, hidden, dtype="float64")
    loss, found = gradient(net, features, labels)
    expected = reference_gradient(net, features, labels)
    assert loss == pytest.approx(reference_loss(net, features, labels), rel=1e-12)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("momentum", "l2"), [(0.0, 0.0), (0.9, 0.0), (0.8, 0.01)])
def test_training_agrees_with_the_textbook(momentum, l2):
    features, labels = examples(90)
    rows = np.arange(5, 85)
    orders = [np.random.default_rng(epoch).permutation(rows) for epoch in range(3)]
    rates = [0.1, 0.05, 0.2]
    net, other = (network("tanh", dtype="float64") for _ in range(2))
    options = {"batch": 32, "order": orders.__getitem__, "workers": 1}
    with Trainer(net, SGD(momentum, l2), features, labels, **options) as trainer:
        assert trainer.steps == 3
        for epoch, lr in enumerate(rates):
            trainer.run(epoch, 0, 3, lr)
        assert trainer.totals.images == 80
    expected = reference_training(other, features, labels, orders, rates, 32, momentum, l2)
    np.testing.assert_allclose(net.parameters, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "augment", [None, Augmentation((1, 4, 5), shift=1)], ids=["plain", "moved"]
)
def test_a_batch_of_any_size_is_gathered_from_stored_bytes(augment):
    images = np.random.default_rng(0).integers(0, 256, (127, 20), np.uint8)
    labels = images.argmax(axis=1) % 5
    for last in range(1, 64):
        count = 64 + last
        options = {"batch": 64, "workers": 1, "augment": augment}
        with Trainer(network(), SGD(), images[:count], labels[:count], **options) as trainer:
            trainer.run(0, 0, 2, lr=1e-6)
            assert trainer.totals.images == count
