"""A step of training against central differences of its loss, along directions."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import SGD, Network, Trainer
from stages.neuralnet.layers.layer import OBSERVED
from stages.neuralnet.layers.normalization import EPSILON
from stages.neuralnet.layers.stack import whitens_patches
from stages.neuralnet.step.layout import Layout

from ..data import CLASSES, INPUTS, examples
from ..reference import FUNCTIONS, product

NORMS = ("none", "batch", "layer")
PLAIN = SGD(momentum=0)


def loss(net, x, targets, masks=(), whitening=None):
    """The mean cross-entropy of training, by the book, in float64. whitening: of patches."""
    a = x
    for number, (tensors, layer) in enumerate(zip(net.tensors(), net.structure, strict=True)):
        z = product(layer, a, tensors["weights"], None if number else whitening)
        if layer.norm != "none":
            axis = 0 if layer.norm == "batch" else 1
            z = z - z.mean(axis=axis, keepdims=True)
            z = z / np.sqrt((z**2).mean(axis=axis, keepdims=True) + EPSILON) * tensors["gains"]
        z = z + tensors["biases"]
        a = FUNCTIONS[layer.activation][0](z)
        if number < len(masks):
            a = a * masks[number]
    return -(targets * (z - np.log(np.exp(z).sum(axis=1, keepdims=True)))).sum(axis=1).mean()


def one_hot(labels):
    return np.eye(CLASSES)[labels]


def trained(net):
    """Where the parameters lie that gradients move."""
    found = np.ones(net.parameters.shape, bool)
    other = Network(net.structure)
    other.parameters[:] = 0
    for tensors in other.tensors():
        for name in OBSERVED:
            if name in tensors:
                tensors[name][...] = 1
    found[other.parameters == 1] = False
    return found


def agrees(net, features, labels, targets, draws=6, reported_targets=None, **options):
    """One step of plain descent at rate 1 against differences of the loss, along directions.

    reported_targets: those of the loss that is reported, where they are others (smoothing).
    """
    before, moved = net.parameters.copy(), trained(net)
    options = {"batch": len(labels), "order": lambda epoch: np.arange(len(labels))} | options
    inputs = options.get("inputs")
    whitening = inputs.whitening if inputs is not None and whitens_patches(net.structure) else None
    with Trainer(net, PLAIN, features, labels, workers=1, **options) as trainer:
        trainer.run(0, 0, 1, lr=1.0)
        reported = trainer.totals.means()["loss"]
        arrays, view = trainer._arrays, Layout(net.structure, trainer._settings).view
        count = len(net.structure) - 1
        masks = [view(arrays[f"mask {n}"]).copy() for n in range(count) if f"mask {n}" in arrays]
        x = trainer._engine.workers._job._plan._feed.batch(len(labels), 0).astype(np.float64)
    gradient = np.where(moved, before - net.parameters, 0)
    net.parameters[:] = before
    plain = targets if reported_targets is None else reported_targets
    assert reported == pytest.approx(loss(net, x, plain, masks, whitening), rel=1e-10)
    rng = np.random.default_rng(1)
    for _ in range(draws):
        direction = np.where(moved, rng.standard_normal(before.shape), 0)
        direction /= np.linalg.norm(direction)
        found = []
        for h in (1e-4, -1e-4):
            net.parameters[:] = before + h * direction
            found.append(loss(net, x, targets, masks, whitening))
        net.parameters[:] = before
        expected = (found[0] - found[1]) / 2e-4
        scale = np.linalg.norm(gradient)
        assert gradient @ direction == pytest.approx(expected, abs=2e-5 * max(scale, 1e-3))
    return masks


def make(norm, activation="tanh", hidden=(12, 9), dropout=0.0):
    net = Network.create(
        INPUTS, hidden, CLASSES, activation, norm=norm, dropout=dropout, dtype="float64"
    )
    rng = np.random.default_rng(7)
    for tensors in net.tensors():
        for name in ("biases", "gains"):
            if name in tensors:
                tensors[name] += rng.uniform(-0.3, 0.3, tensors[name].shape)
    return net


def data(count):
    features, labels = examples(count)
    return features.astype(np.float64), labels
