"""Ensembles: members that train on the same batches."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import SGD, Averaged, Network
from stages.neuralnet.optimizers import AdamW, Muon

from .data import FEATURES, LABELS, network, train, trainer


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"clip": 0.5},
        {"optimizer": Muon()},
        {"optimizer": Averaged(AdamW())},
        {"batch": 7},
    ],
    ids=str,
)
def test_the_members_of_an_ensemble_train_as_each_would_alone(options):
    shape = {"hidden": (32, 12), "norm": "batch", "dropout": 0.2}
    alone, _ = train(network(**shape), (), **options)
    net = network(**shape, members=3)
    parameters, totals = train(net, (), **options)
    parts = parameters.reshape(3, -1)
    assert (parts[0] == alone).all()
    assert len({part.tobytes() for part in parts}) == 3
    assert totals.images == 150
    cut, again = train(network(**shape, members=3), (1, 3), workers=2, executor="thread", **options)
    assert (cut == parameters).all()
    assert again == totals


def test_totals_of_an_ensemble_are_means_over_its_members():
    net = network(members=3)
    members = [Network.from_layers(net.layers, own) for own in net.parameters.reshape(3, -1)]
    scores = [one.evaluate(FEATURES, LABELS) for one in members]
    with trainer(net, batch=150) as t:
        t.run(0, 0, 1, 0.1)
        means = t.totals.means()
    assert means["loss"] == pytest.approx(np.mean([one.loss for one in scores]), rel=1e-5)
    assert means["accuracy"] == pytest.approx(np.mean([one.accuracy for one in scores]))


def test_dropout_is_another_for_each_member():
    net = network(dropout=0.5, members=2)
    one, two = net.parameters.reshape(2, -1)
    two[...] = one
    with trainer(net) as t:
        t.run(0, 0, 1, 0.1)
    assert not np.array_equal(one, two)


def test_an_ensemble_goes_on_from_a_state_with_its_averages():
    def begin(seed=3):
        return trainer(network(members=2, seed=seed), optimizer=Averaged(SGD(0.9)))

    with begin() as t:
        t.run(0, 0, 3, 0.1)
        state = {name: np.array(value) for name, value in t.state().items()}
        t.run(0, 3, 5, 0.1)
        expected, averaged = t.network.parameters.copy(), t.averaged()
    with begin(seed=8) as t:
        t.restore(state)
        t.run(0, 3, 5, 0.1)
        assert (t.network.parameters == expected).all()
        assert (t.averaged().parameters == averaged.parameters).all()
    assert averaged.members == 2
    assert not np.array_equal(averaged.parameters, expected)
