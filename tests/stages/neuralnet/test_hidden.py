"""Training with all that a hidden layer can have, against central differences along a direction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from stages.neuralnet import (
    SGD,
    Augmentation,
    Averaged,
    Inputs,
    Network,
    Trainer,
    make_optimizer,
)
from stages.neuralnet.layers import OBSERVED
from stages.neuralnet.normalization import EPSILON, MOMENTUM

from .data import CLASSES, FUNCTIONS, INPUTS, examples

NORMS = ("none", "batch", "layer")
PLAIN = SGD(momentum=0)


def loss(net, x, targets, masks=()):
    """The mean cross-entropy of training, by the book, in float64."""
    a = x
    for number, (tensors, layer) in enumerate(zip(net.tensors(), net.structure, strict=True)):
        z = a @ tensors["weights"]
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


def agrees(net, features, labels, targets, draws=6, **options):
    """One step of plain descent at rate 1 against differences of the loss, along directions."""
    before, moved = net.parameters.copy(), trained(net)
    options = {"batch": len(labels), "order": lambda epoch: np.arange(len(labels))} | options
    with Trainer(net, PLAIN, features, labels, workers=1, **options) as trainer:
        trainer.run(0, 0, 1, lr=1.0)
        reported = trainer.totals.means()["loss"]
        arrays = trainer._arrays
        count = len(net.structure) - 1
        masks = [arrays[f"mask {n}"].copy() for n in range(count) if f"mask {n}" in arrays]
        x = arrays["inputs 0"].astype(np.float64)
    gradient = np.where(moved, before - net.parameters, 0)
    net.parameters[:] = before
    assert reported == pytest.approx(loss(net, x, targets, masks), rel=1e-10)
    rng = np.random.default_rng(1)
    for _ in range(draws):
        direction = np.where(moved, rng.standard_normal(before.shape), 0)
        direction /= np.linalg.norm(direction)
        found = []
        for h in (1e-4, -1e-4):
            net.parameters[:] = before + h * direction
            found.append(loss(net, x, targets, masks))
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


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "silu", "elu", "linear"])
@pytest.mark.parametrize("norm", NORMS)
def test_gradients_with_every_norm_and_activation(norm, activation):
    features, labels = data(50)
    agrees(make(norm, activation), features, labels, one_hot(labels))


@pytest.mark.parametrize(("batch", "hidden"), [(2, (3,)), (97, (200, 130)), (1100, (520, 40, 30))])
@pytest.mark.parametrize("norm", NORMS)
def test_every_cut(norm, batch, hidden):
    features, labels = data(batch)
    agrees(make(norm, hidden=hidden, dropout=0.2), features, labels, one_hot(labels))


@pytest.mark.parametrize("norm", NORMS)
def test_dropped_outputs_and_their_gradients(norm):
    features, labels = data(300)
    net = make(norm, "gelu", (64, 50), dropout=0.25)
    masks = agrees(net, features, labels, one_hot(labels))
    for mask in masks:
        kept = mask[mask > 0]
        assert (kept == kept[0]).all()
        assert kept[0] == pytest.approx(1 / 0.75, rel=1e-4)
        assert len(kept) / mask.size == pytest.approx(0.75, abs=0.02)


def test_of_very_many_dropped_outputs_some_stay():
    features, labels = data(300)
    net = make("none", hidden=(64,), dropout=1 - 1e-9)
    for mask in agrees(net, features, labels, one_hot(labels)):
        assert set(np.unique(mask)) <= {0, 65536}


def test_smoothed_targets():
    features, labels = data(40)
    agrees(make("batch"), features, labels, 0.9 * one_hot(labels) + 0.1 / CLASSES, smoothing=0.1)


@pytest.mark.parametrize("whiten", [False, True])
def test_mixed_images_and_targets(whiten):
    features, labels = data(41)
    augment = Augmentation((1, 4, 5), mixup=0.5)
    rows = np.arange(41)
    share = augment.shares(rows, 0, "float64")[:, None]
    partners = augment.partners(41)
    targets = share * one_hot(labels) + (1 - share) * one_hot(labels[partners])
    whitening = np.random.default_rng(2).standard_normal((INPUTS + 1, 6)) if whiten else None
    inputs = Inputs(whitening=whitening)
    net = Network.create(6 if whiten else INPUTS, (8,), CLASSES, "tanh", dtype="float64")
    agrees(net, features, labels, targets, augment=augment, inputs=inputs)
    with Trainer(
        net, PLAIN, features, labels, batch=41, order=lambda epoch: rows, augment=augment,
        inputs=inputs, workers=1,
    ) as trainer:  # fmt: skip
        trainer.run(0, 0, 1, lr=1e-9)
        ready = inputs(features, "float64")
        expected = share * ready + (1 - share) * ready[partners]
        np.testing.assert_allclose(trainer._arrays["inputs 0"], expected, rtol=1e-12)


def test_clipping_scales_all_gradients_down_to_a_norm():
    features, labels = data(50)
    moves = []
    for clip in (0.0, 1e9, 0.01):
        net = make("none")
        before = net.parameters.copy()
        with Trainer(net, PLAIN, features, labels, batch=50, clip=clip, workers=1) as trainer:
            trainer.run(0, 0, 1, lr=0.5)
        moves.append(net.parameters - before)
    np.testing.assert_allclose(moves[1], moves[0], rtol=1e-12)
    assert np.linalg.norm(moves[2]) == pytest.approx(0.5 * 0.01, rel=1e-6)
    np.testing.assert_allclose(moves[2], moves[0] * (0.005 / np.linalg.norm(moves[0])), rtol=1e-6)


def test_observed_means_and_variances_are_those_of_the_batches():
    features, labels = data(60)
    net = make("batch", hidden=(5,))
    expected = {"means": np.zeros(5), "variances": np.ones(5)}
    with Trainer(net, PLAIN, features, labels, batch=20, workers=1) as trainer:
        order = trainer._arrays["order"]
        for step in range(3):
            W = net.tensors()[0]["weights"].copy()
            trainer.run(0, step, step + 1, lr=0.1)
            z = features[order[20 * step : 20 * step + 20]] @ W
            for name, value in (("means", z.mean(axis=0)), ("variances", z.var(axis=0, ddof=1))):
                expected[name] += MOMENTUM * (value - expected[name])
    found = net.tensors()[0]
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-12)
    tensors = net.tensors()
    z = (features @ found["weights"] - found["means"]) / np.sqrt(found["variances"] + EPSILON)
    a = np.tanh(z * found["gains"] + found["biases"])
    expected = a @ tensors[1]["weights"] + tensors[1]["biases"]
    np.testing.assert_allclose(net.logits(features), expected, rtol=1e-10)


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


def test_averages_take_in_what_is_observed():
    features, labels = data(60)
    net = make("batch", hidden=(5,))
    expected, count = None, 0
    with Trainer(net, Averaged(PLAIN, 0.9), features, labels, batch=20, workers=1) as trainer:
        for step in range(3):
            trainer.run(0, step, step + 1, lr=0.1)
            kept = min(0.9, (1 + count) / (10 + count)) if count else 0.0
            old = net.parameters if expected is None else expected
            expected = kept * old + (1 - kept) * net.parameters
            count += 1
        np.testing.assert_allclose(trainer.averaged().parameters, expected, rtol=1e-12)
        assert trainer.evaluate(np.arange(60), trainer.averaged()).images == 60


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"smoothing": 1.0}, "smoothing: expected a number of at least 0 below 1, found 1.0"),
        ({"clip": -1.0}, "clip: expected a finite number of at least 0, found -1.0"),
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
