"""Weights of examples: a batch's loss is their weighted mean."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import SGD, Augmentation, Trainer
from stages.neuralnet.losses import cross_entropy_delta

from .data import examples, network

COUNTS = np.random.default_rng(1).integers(0, 4, 80)
MIXED = {"partner": np.array([1, 0, 2]), "share": np.array([0.25, 1.0, 0.5])}


def trained(features, labels, weights=None, epochs=3, dtype="float64", **options):
    """The loss of the last epoch, and the parameters."""
    net = network("tanh", dtype=dtype)
    options = {"batch": len(labels), "workers": 1} | options
    with Trainer(net, SGD(0.9), features, labels, weights=weights, **options) as trainer:
        for epoch in range(epochs):
            trainer.run(epoch, 0, trainer.steps, lr=0.1)
        return trainer.totals.means()["loss"], net.parameters.copy()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_weight_of_three_is_an_example_three_times(smoothing):
    features, labels = examples(80)
    loss, found = trained(features, labels, COUNTS, smoothing=smoothing)
    repeated = np.repeat(np.arange(80), COUNTS)
    same, expected = trained(features[repeated], labels[repeated], smoothing=smoothing)
    assert loss == pytest.approx(same, rel=1e-12)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_equal_weights_give_the_bits_of_none_whatever_their_unit():
    features, labels = examples(90)
    expected = trained(features, labels, batch=32, dtype="float32")
    for weight in (1, 1e300, 1e-300):
        found = trained(features, labels, np.full(90, weight), batch=32, dtype="float32")
        assert found[0] == expected[0]
        assert (found[1] == expected[1]).all()


def test_any_number_of_workers_gives_the_same_bits():
    features, labels = examples(400)
    weights = np.random.default_rng(2).random(400)
    options = {"batch": 150, "smoothing": 0.1, "augment": Augmentation((5, 2, 2), mixup=0.3)}
    one, two, other = (
        trained(features, labels, given, workers=workers, executor="thread", **options)
        for given, workers in ((weights, 1), (weights, 2), (None, 2))
    )
    assert one[0] == two[0]
    assert (one[1] == two[1]).all()
    assert not np.allclose(one[1], other[1])


def test_a_batch_without_weight_moves_nothing():
    features, labels = examples(20)
    order = np.arange(20)
    weights = (order >= 10).astype(float)
    options = {"order": lambda epoch: order, "batch": 10, "epochs": 1}
    _, both = trained(features, labels, weights, **options)
    _, second = trained(features[10:], labels[10:], batch=10, order=lambda e: order[:10], epochs=1)
    np.testing.assert_allclose(both, second, rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"smoothing": 0.3}, MIXED, {**MIXED, "smoothing": 0.3}])
def test_loss_and_delta_are_multiplied(options):
    z, y = np.random.default_rng(0).standard_normal((3, 4)), np.array([3, 0, 1])
    weights, alone = np.array([0.5, 0.0, 2.0]), []
    for row in range(3):  # each by itself: the others weigh nothing
        found, scale = z.copy(), np.array(0.5)
        only = np.eye(3)[row]
        loss, _ = cross_entropy_delta(found, y, np.arange(3) * 4, scale, weights=only, **options)
        alone.append((loss, found[row]))
        assert not np.delete(found, row, axis=0).any()
    found = z.copy()
    loss, hits = cross_entropy_delta(
        found, y, np.arange(3) * 4, np.array(0.5), weights=weights, **options
    )
    assert hits == (z.argmax(axis=1) == y).sum()
    assert loss == pytest.approx(sum(w * each for w, (each, _) in zip(weights, alone, strict=True)))
    np.testing.assert_allclose(found, weights[:, None] * [delta for _, delta in alone], atol=1e-15)


@pytest.mark.parametrize(
    "weights",
    [np.ones(19), np.ones((20, 1)), -np.eye(20)[0], np.zeros(20), np.full(20, np.nan), ["a"] * 20],
    ids=["few", "matrix", "negative", "zero", "nan", "text"],
)
def test_senseless_weights_are_refused(weights):
    expected = r"^weights: expected finite numbers \(20,\) of at least 0, not all 0, found "
    with pytest.raises(ValueError, match=expected):
        trained(*examples(20), weights)
