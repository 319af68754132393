"""Trainings with `kernels="numba"` beside those with NumPy alone."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import SGD, Averaged, Diverged, make_optimizer
from stages.neuralnet.optimizers import AdamW
from stages.neuralnet.settings import Settings
from stages.neuralnet.step import fused

from ..data import FEATURES, network, trainer
from .test_bits import train_all

numba = pytest.importorskip("numba", reason="needs numba (extra: compiled)")


IMAGES = np.random.default_rng(0).standard_normal((150, 60), np.float32)
LOCAL = {"inputs": 60, "shape": (3, 4, 5), "local": [(2, 2, 6)]}


def both(optimizer, **options):
    """(parameters, loss) after two epochs, with NumPy and with numba."""
    features = IMAGES if "local" in options else FEATURES
    found = []
    for kernels in ("numpy", "numba"):
        net = network(**{"activation": "gelu", "norm": "batch"} | options)
        with trainer(net, features, optimizer=optimizer, kernels=kernels) as t:
            for epoch in range(2):
                t.run(epoch, 0, t.steps, 0.02)
            found.append((net.parameters.copy(), t.totals.loss))
    return found


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (SGD(0.9, 1e-3, nesterov=True), {}),
        (Averaged(AdamW(), 0.9), {"activation": "silu"}),
        (make_optimizer("rmsprop"), {"dropout": 0.2}),
        (SGD(0.9), {"activation": "relu"}),
        (SGD(0.9), LOCAL),
    ],
    ids=["gelu", "silu", "dropout", "relu", "local"],
)
def test_a_training_goes_the_same_way(optimizer, options):
    (plain, loss), (compiled, other) = both(optimizer, **options)
    assert other == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(compiled, plain, rtol=1e-3, atol=2e-4)
    assert not (compiled == plain).all()


@pytest.mark.parametrize(
    "options", [{"dtype": "float64"}, {"norm": "layer"}, {"norm": "none"}], ids=str
)
def test_all_else_is_left_to_numpy_to_the_bit(options):
    (plain, _), (other, _) = both(make_optimizer("muon"), **options)
    assert (plain == other).all()
    rule = SGD(0.9)
    assert fused.update(Settings(rule, kernels="numba"), np.dtype("float64")) == rule.update


def test_an_optimizer_of_ones_own_keeps_its_update():
    class Own(SGD):
        def update(self, *_: object, **__: object) -> None:
            raise NotImplementedError

    for rule in (Own(), Averaged(Own())):
        assert fused.update(Settings(rule, kernels="numba"), np.dtype("f4")) == rule.update
    rule = SGD()
    assert fused.update(Settings(rule), np.dtype("f4")) == rule.update


def test_bits_depend_neither_on_workers_nor_on_cuts():
    options = {"kernels": "numba", "optimizer": Averaged(AdamW(), 0.9)}
    expected = train_all("batch", workers=1, **options)
    assert train_all("batch", workers=1, cuts=(1, 3), **options) == expected
    for workers in (2, 3):
        assert train_all("batch", executor="thread", workers=workers, **options) == expected
    assert train_all("batch", workers=1, optimizer=options["optimizer"]) != expected


@pytest.mark.long
def test_processes_give_the_same_bits():
    options = {"kernels": "numba", "optimizer": Averaged(SGD(0.9, 1e-3))}
    expected = train_all("batch", workers=1, **options)
    for workers in (2, 3):
        assert train_all("batch", executor="process", workers=workers, **options) == expected


def test_a_state_that_is_restored_goes_on_with_the_same_bits():
    def start():
        net = network("gelu", norm="batch")
        return trainer(net, optimizer=SGD(0.9, 1e-3, nesterov=True), kernels="numba")

    with start() as t:
        t.run(0, 0, 3, 0.1)
        state = t.state()
        t.run(0, 3, t.steps, 0.1)
        expected = t.network.parameters.copy()
    with start() as t:
        t.restore(state)
        t.run(0, 3, t.steps, 0.1)
        assert (t.network.parameters == expected).all()


@pytest.mark.parametrize("lr", [1e6, 1e30])
@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_a_training_that_diverges_says_so(name, lr):
    net = network("gelu", norm="batch")
    with trainer(net, optimizer=make_optimizer(name), kernels="numba") as t:
        t._arrays["parameters"][0] = np.nan
        with pytest.raises(Diverged):
            t.run(0, 0, t.steps, lr)
    net = network("gelu", norm="batch")
    net.tensors()[-1]["weights"][...] = 1e38
    with trainer(net, optimizer=make_optimizer(name), kernels="numba") as t:
        with pytest.raises(Diverged):
            t.run(0, 0, t.steps, lr)
