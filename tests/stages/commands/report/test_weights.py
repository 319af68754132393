"""The weights of a first layer as pictures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from stages import neuralnet as nn
from stages.commands.report.weights import by_position, first_layer, pictures
from tests.stages.commands.report.records import record


def test_pictures_of_weights():
    weights = np.zeros((2, 1, 2, 2))
    weights[1] = [[[1, -2], [0, 2]]]
    assert pictures(weights).tolist() == [[[[128, 128], [128, 128]]], [[[191, 0], [128, 255]]]]


@pytest.mark.parametrize("components", [0, 5])
def test_weights_of_a_local_layer_are_shown_as_patches(components):
    shape = (3, 6, 7)
    options = {"local": [(4, 2, 3)], "shape": shape, "components": components}
    network = nn.Network.create(126, (), 2, **options)
    whitening = np.random.default_rng(0).normal(size=(49, 5))
    values = {
        "dataset": {"shape": shape, "classes": ["a", "b"]},
        "standardization": np.ones((2, 126), np.float32),
        "whitening": whitening if components else np.empty((0, 126)),
        "parameters": network.parameters,
        "training": {"layers": network.layers},
    }
    trail = SimpleNamespace(load=values.get, parameters=lambda: {"color": True})
    found = first_layer(trail)
    assert (found.shape, found.dtype) == ((2 * 3 * 3, 3, 4, 4), np.uint8)  # of 2 × 3 positions
    weights = network.tensors()[0]["weights"].transpose(1, 0, 2).reshape(components or 48, -1)
    pixels = whitening[1:] @ weights if components else weights
    strongest = np.einsum("ij,ij->j", weights, weights).argmax()
    assert (found[0] == pictures(pixels[:, strongest].reshape(1, 3, 4, 4))[0]).all()
    columns, places = by_position(trail)
    assert (columns, places.shape) == (3, (6, 3, 4, 4))
    assert any((place == found[0]).all() for place in places)


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ([(4, 2, 3)], "2 hidden layers of 18 and 7 units, the first locally connected"),
        ([(4, 2, 3), (2, 1, 5)], "3 hidden layers of 18, 10 and 7 units, the first 2 locally conn"),
    ],
)
def test_a_network_in_words(levels, words):
    network = nn.Network.create(126, (7,), 2, local=levels, shape=(3, 6, 7))
    assert f"a perceptron with {words}" in record(layers=tuple(network.layers)).network
