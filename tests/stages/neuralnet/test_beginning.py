"""begin_locally: dense layers that compute what local ones do, until they train."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from stages.neuralnet import (
    SGD,
    Inputs,
    Network,
    Trainer,
    begin_locally,
    local_layers,
)
from stages.neuralnet.beginning import directions

LEVELS, SHAPE = ((4, 2, 3), (2, 1, 5)), (2, 8, 7)
WIDTH = 2 * 8 * 7
COMMON = {"classes": 4, "activation": "gelu", "norm": "batch", "dtype": "float64"}


def pair(members: int = 1) -> tuple[Network, Network]:
    """A network with local layers, and a dense one that begins as such."""
    options = {**COMMON, "members": members, "seed": 3}
    local = Network.create(WIDTH, [9], local=LEVELS, shape=SHAPE, **options)
    sizes = [layer.outputs for layer in local_layers(LEVELS, SHAPE)]
    dense = Network.create(WIDTH, [*sizes, 9], **options)
    begin_locally(dense, LEVELS, SHAPE, seed=3)
    return local, dense


@pytest.mark.parametrize("members", [1, 2])
def test_it_begins_as_the_local_network(members):
    local, dense = pair(members)
    images = np.random.default_rng(0).normal(size=(11, WIDTH))
    np.testing.assert_allclose(dense.logits(images), local.logits(images), rtol=0, atol=1e-12)
    assert {layer["kind"] for layer in dense.layers} == {"dense"}


def test_what_is_outside_of_patches_is_zero_and_then_trained():
    _, dense = pair()
    before = dense.tensors()[0]["weights"].copy()
    outside = before == 0
    assert outside.mean() > 0.5
    rng = np.random.default_rng(1)
    images, labels = rng.normal(size=(64, WIDTH)), rng.integers(0, 4, 64)
    with Trainer(dense, SGD(), images, labels, batch=16, executor="serial") as trainer:
        trainer.run(0, 0, trainer.steps, 0.1)
    assert (dense.tensors()[0]["weights"][outside] != 0).mean() > 0.9


def whitenings(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Whitening matrices, and no mean."""
    V = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0]
    scaled = V / np.linspace(1, 9, WIDTH)
    none = np.zeros((1, WIDTH))
    return {"pca": np.vstack([none, scaled]), "zca": np.vstack([none, scaled @ V.T])}


def test_whitened_by_pca_or_zca_it_computes_the_same():
    rng = np.random.default_rng(2)
    images, found = rng.normal(size=(13, WIDTH)), {}
    for name, whitening in whitenings(rng).items():
        sizes = [layer.outputs for layer in local_layers(LEVELS, SHAPE)]
        network = Network.create(WIDTH, [*sizes, 9], seed=3, **COMMON)
        begin_locally(network, LEVELS, SHAPE, whitening, seed=3)
        found[name] = network.logits(images, inputs=Inputs(whitening=whitening))
        weights = network.tensors()[0]["weights"]
        _, plain = pair()
        lengths = np.linalg.norm(plain.tensors()[0]["weights"], axis=0)
        np.testing.assert_allclose(np.linalg.norm(weights, axis=0), lengths, rtol=1e-12)
        if name == "zca":
            np.testing.assert_allclose(weights, plain.tensors()[0]["weights"], atol=1e-12)
    np.testing.assert_allclose(found["pca"], found["zca"], atol=1e-9)


def test_components_that_whiten_to_nothing_turn_nothing():
    whitening = np.zeros((1 + WIDTH, 6), np.float32)
    whitening[1:5, :4] = np.diag([1, 2, 3, 4])
    basis = directions(whitening)
    np.testing.assert_allclose(basis[:4, :4], np.eye(4), atol=1e-12)
    assert not basis[:, 4:].any()
    network = Network.create(6, [27, 20, 9], **COMMON)
    begin_locally(network, LEVELS, SHAPE, whitening)
    assert np.isfinite(network.parameters).all()


def test_layers_that_do_not_fit_are_refused():
    for hidden, words in (
        ([7, 9], r"layers\[0\]: expected .'dense', 112, 27., found Dense"),
        ([27, 9], r"layers\[1\]: expected .'dense', 27, 20., found Dense"),
        ([27, 20], None),
        ([27], r"layers\[1\]: expected"),
    ):
        network = Network.create(WIDTH, hidden, **COMMON)
        if words is None:
            begin_locally(network, LEVELS, SHAPE)
            continue
        with pytest.raises(ValueError, match=words):
            begin_locally(network, LEVELS, SHAPE)
    network = Network.create(WIDTH, [27], 20, activation="relu")
    with pytest.raises(ValueError, match="levels: expected fewer than the 2 layers"):
        begin_locally(network, LEVELS, SHAPE)


def test_it_takes_little_memory_beside_the_network():
    """Not a matrix of all inputs by all outputs, which is mostly zeros."""
    levels, shape = [(6, 3, 40)], (3, 32, 32)
    whitening = np.random.default_rng(0).standard_normal((3073, 10)).astype(np.float32)
    network = Network.create(10, (local_layers(levels, shape)[0].outputs,), 2)
    tracemalloc.start()
    begin_locally(network, levels, shape, whitening)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 3072 * 4000 / 20  # that matrix in float64, by 20
