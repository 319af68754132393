from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import ACTIVATIONS, INITIALIZERS, Network
from stages.neuralnet.layers.initializers import RECTIFIERS, choose, stream

VARIANCES = {
    "glorot_uniform": 2 / 600,
    "glorot_normal": 2 / 600,
    "he_uniform": 2 / 400,
    "he_normal": 2 / 400,
    "zeros": 0,
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weights_have_the_variance_of_their_paper(name):
    W = INITIALIZERS[name](stream(0, 0), 400, 200)
    assert W.shape == (400, 200)
    assert W.var() == pytest.approx(VARIANCES[name], rel=0.02)
    assert abs(W.mean()) < 1e-3
    if name.endswith("uniform"):
        assert np.abs(W).max() <= np.sqrt(3 * VARIANCES[name])


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        *((name, "he_uniform") for name in ("relu", "leaky_relu", "elu", "gelu", "silu")),
        *((name, "glorot_uniform") for name in ("tanh", "sigmoid", "linear")),
    ],
)
def test_auto_looks_at_the_activation(activation, name):
    assert choose("auto", activation) is INITIALIZERS[name]


def test_auto_knows_every_activation():
    assert set(RECTIFIERS) | {"tanh", "sigmoid", "linear"} == set(ACTIVATIONS)


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"auto or one of glorot_uniform, .*found 'xavier'"):
        choose("xavier", "relu")


def test_layers_and_seeds_have_independent_streams():
    draws = {stream(seed, layer).random() for seed in range(3) for layer in range(3)}
    assert len(draws) == 9


def test_another_width_leaves_the_other_layers_alone():
    one, two = (Network.create(8, (6, width), 3, initializer="he_normal") for width in (4, 5))
    first, second = one.tensors()[0]["weights"], two.tensors()[0]["weights"]
    assert (first == second).all()


def test_both_precisions_start_alike():
    one, two = (Network.create(8, (6,), 3, dtype=dtype) for dtype in ("float32", "float64"))
    assert (two.parameters.astype(np.float32) == one.parameters).all()
