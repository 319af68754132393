"""A hidden layer with all that it can have."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import Augmentation, Averaged, Inputs, Network, Trainer
from stages.neuralnet.layers.normalization import EPSILON, MOMENTUM

from ..data import CLASSES, INPUTS
from .differences import NORMS, PLAIN, agrees, data, make, one_hot, trained


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "silu", "elu", "linear"])
@pytest.mark.parametrize("norm", NORMS)
def test_gradients_with_every_norm_and_activation(norm, activation):
    features, labels = data(50)
    agrees(make(norm, activation), features, labels, one_hot(labels))


LARGE = pytest.param(1100, (520, 40, 30), marks=pytest.mark.long)


@pytest.mark.parametrize(("batch", "hidden"), [(2, (3,)), (97, (200, 130)), LARGE])
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
    plain = one_hot(labels)
    options = {"smoothing": 0.1, "reported_targets": plain}
    agrees(make("batch"), features, labels, 0.9 * plain + 0.1 / CLASSES, **options)


def test_the_loss_of_training_is_that_of_evaluation_whatever_is_smoothed():
    features, labels = data(40)
    for smoothing in (0.0, 0.5):
        net = make("layer")
        expected = net.evaluate(features, labels).loss
        options = {"batch": 40, "smoothing": smoothing, "workers": 1}
        with Trainer(net, PLAIN, features, labels, **options) as trainer:
            trainer.run(0, 0, 1, lr=0.1)
            assert trainer.totals.means()["loss"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("examples", [65, 513])
def test_a_last_batch_of_one_row_leaves_what_is_observed_alone(examples):
    features, labels = data(examples)
    net = make("batch", hidden=(5,))
    with Trainer(net, PLAIN, features, labels, batch=64, workers=1) as trainer:
        trainer.run(0, 0, trainer.steps - 1, lr=1e-9)
        before = {name: net.tensors()[0][name].copy() for name in ("means", "variances")}
        trainer.run(0, trainer.steps - 1, trainer.steps, lr=1e-9)
        for name, value in before.items():
            assert (net.tensors()[0][name] == value).all()
        for epoch in range(1, 40):
            trainer.run(epoch, 0, trainer.steps, lr=1e-9)
    z = features @ net.tensors()[0]["weights"]
    np.testing.assert_allclose(net.tensors()[0]["variances"], z.var(axis=0), rtol=0.2)


def test_a_batch_of_one_row_has_the_gradient_of_inference():
    features, labels = data(3)
    net = make("batch", "gelu", hidden=(6, 5))
    for tensors in net.tensors()[:-1]:
        tensors["means"] += 0.3
        tensors["variances"] *= 2.5
    before, moved = net.parameters.copy(), trained(net)
    order = lambda epoch: np.arange(3)  # noqa: E731
    with Trainer(net, PLAIN, features, labels, batch=2, order=order, workers=1) as trainer:
        trainer.run(0, 1, 2, lr=1.0)
    gradient, rng = before - net.parameters, np.random.default_rng(1)
    assert (gradient[~moved] == 0).all()
    for _ in range(6):
        direction, losses = np.where(moved, rng.standard_normal(before.shape), 0), []
        for h in (1e-5, -1e-5):
            net.parameters[:] = before + h * direction
            losses.append(net.evaluate(features, labels, rows=[2]).loss)
        assert gradient @ direction == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-5)


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
        np.testing.assert_allclose(trainer._arrays["inputs 0"].T, expected, rtol=1e-12)


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
