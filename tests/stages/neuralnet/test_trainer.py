from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from stages.neuralnet import Diverged, Inputs
from stages.neuralnet.trainer import shuffled

from .data import FEATURES, INPUTS, LABELS, network, train, trainer


def test_it_learns():
    net = network()
    with trainer(net) as t:
        for epoch in range(20):
            t.run(epoch, 0, t.steps, lr=0.05)
        means, scores = t.totals.means(), t.evaluate(np.arange(150))
    assert means["accuracy"] > 0.9
    assert scores.accuracy > 0.9
    assert scores == pytest.approx(scores)


def test_totals_are_those_of_the_images_before_their_step():
    net, features = network(), FEATURES[:64]
    before = net.evaluate(features, LABELS[:64])
    with trainer(net, features, LABELS[:64], batch=64) as t:
        t.run(0, 0, 1, 0.1)
        assert t.totals.images == 64
        assert t.totals.loss / 64 == pytest.approx(before.loss, rel=1e-5)
        assert t.totals.correct == round(before.accuracy * 64)


def test_how_an_epoch_is_cut_does_not_matter():
    whole, sums = train(network(), ())
    for cuts in ((1,), (2, 2), (1, 2, 3, 4)):
        parameters, totals = train(network(), cuts)
        assert (parameters == whole).all()
        assert totals == sums


@pytest.mark.parametrize("stop", [0, 2, 5])
def test_a_restored_state_goes_on_to_the_same_bits(stop):
    whole, sums = train(network(), ())
    with trainer() as t:
        t.run(0, 0, 5, 0.1)
        t.run(1, 0, stop, 0.1 * 0.9)
        state = {name: np.array(value) for name, value in t.state().items()}
        t.run(2, 0, 5, 0.5)
    net = network(seed=99)
    with trainer(net) as t:
        t.restore(state)
        assert (net.parameters == state["parameters"]).all()
        t.run(1, stop, 5, 0.1 * 0.9)
        t.run(2, 0, 5, 0.1 * 0.9**2)
        assert t.totals == sums
    assert (net.parameters == whole).all()


def test_a_state_of_another_network_is_refused():
    with trainer() as one, trainer(network(hidden=(3,))) as other:
        with pytest.raises(ValueError, match="state: expected arrays of shapes"):
            one.restore(other.state())
        with pytest.raises(ValueError, match="state"):
            one.restore({})


def test_rows_and_seed_make_the_order():
    rows, used = np.arange(10, 90), []

    def order(epoch):
        used.append(shuffled(rows, 7, epoch))
        return used[-1]

    assert sorted(shuffled(rows, 7, 1)) == rows.tolist()
    assert shuffled(rows, 0, 1).tolist() != shuffled(rows, 1, 0).tolist()
    one, two = train(network(), (), rows=rows, seed=7), train(network(), (1,), order=order)
    assert (one[0] == two[0]).all() if len(used) == 4 else False


def test_features_of_any_kind_give_what_their_numbers_give(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (150, INPUTS), np.uint8)
    constants = np.stack([images.mean(axis=0), 1 / images.std(axis=0)]).astype(np.float32)
    ready = (images.astype(np.float32) - constants[0]) * constants[1]
    np.save(tmp_path / "f.npy", images.astype(np.float32))
    mapped = np.load(tmp_path / "f.npy", mmap_mode="r")
    expected, _ = train(network(), (), features=ready)
    for features in (images, mapped):
        found, _ = train(network(), (), features=features, inputs=Inputs(standardization=constants))
        assert (found == expected).all()
    empty, _ = train(
        network(), (), features=ready, inputs=Inputs(standardization=np.empty((0, INPUTS)))
    )
    assert (empty == expected).all()


def test_float64_is_kept():
    net = network(dtype="float64")
    parameters, _ = train(net, (), features=FEATURES)
    assert parameters.dtype == np.float64


@pytest.mark.parametrize(("lr", "least"), [(1e30, 0), (1e4, 0)])
def test_divergence_is_reported_and_a_saved_state_still_good(lr, least):
    with trainer(network("linear")) as t:
        t.run(0, 0, 1, 0.1)
        state = t.state()
        with pytest.raises(Diverged) as caught:
            for epoch in range(1, 200):
                t.run(epoch, 0, 5, lr)
        assert caught.value.epoch >= 1
        assert least <= caught.value.step < 5
        assert isinstance(caught.value, FloatingPointError)
        again = pickle.loads(pickle.dumps(caught.value))
        assert (again.step, again.epoch) == (caught.value.step, caught.value.epoch)
        for forbidden in (t.state, lambda: t.run(0, 0, 1, 0.1)):
            with pytest.raises(RuntimeError, match="restore a state first"):
                forbidden()
        t.restore(state)
        t.run(0, 1, 5, 0.1)
        assert np.isfinite(t.totals.loss)


def test_the_last_update_may_be_the_one_that_diverges():
    with trainer(features=FEATURES * 1e20, batch=150) as t, pytest.raises(Diverged) as caught:
        t.run(0, 0, 1, 1e30)
    assert caught.value.step == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"features": FEATURES[:, 1:]},
            r"features: expected \(n, 20\), found \(150, 19\)",
        ),
        ({"features": FEATURES.astype(complex)}, "features: expected real numbers"),
        ({"labels": LABELS[1:]}, r"labels: expected whole numbers \(150,\) in \[0, 5\)"),
        ({"labels": LABELS + 1}, "from 1 to 5"),
        ({"labels": LABELS.astype(float)}, "labels: expected"),
        ({"rows": np.array([0, 150])}, r"rows: expected row numbers \(n,\) in \[0, 150\)"),
        ({"rows": np.array([], np.int64)}, "order: expected at least one row, found none"),
        ({"rows": np.arange(9)}, "batch: expected a whole number from 1 to 9, found 32"),
        ({"batch": 0}, "batch: expected"),
        (
            {"inputs": Inputs(standardization=np.ones((3, INPUTS)))},
            r"standardization: expected \(2, 20\)",
        ),
        ({"workers": 0}, "workers: expected a whole number of at least 1, found 0"),
        ({"executor": "mpi"}, "executor: expected auto, serial, thread, process, an"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        trainer(**options)


def test_an_order_must_be_the_same_length_every_epoch():
    with trainer(order=lambda epoch: np.arange(100 + epoch)) as t:
        t.run(0, 0, t.steps, 0.1)
        with pytest.raises(ValueError, match="expected 100 rows in every epoch, found 101"):
            t.run(1, 0, 1, 0.1)
        t.run(0, 0, 1, 0.1)


@pytest.mark.parametrize(
    ("steps", "lr"), [((0, 6), 0.1), ((2, 1), 0.1), ((-1, 1), 0.1), ((0, 1), 0.0), ((0, 1), np.inf)]
)
def test_a_senseless_run_is_refused(steps, lr):
    with trainer() as t, pytest.raises(ValueError, match=r"(start|stop|lr): expected"):
        t.run(0, *steps, lr)


def test_no_steps_change_nothing():
    net = network()
    before = net.parameters.copy()
    with trainer(net) as t:
        t.run(0, 0, 0, 0.1)
        t.close()
    t.close()
    assert (net.parameters == before).all()


def test_what_fails_at_the_start_leaves_nothing_behind():
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(AttributeError, match="slots"):
        trainer(optimizer="sgd", executor="process", workers=2)
    assert len(os.listdir("/proc/self/fd")) == before
