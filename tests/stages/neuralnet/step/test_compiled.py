"""Loops for numba, as plain Python and compiled: the numbers of the NumPy pieces."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from stages.neuralnet.layers import gated
from stages.neuralnet.layers.normalization import EPSILON, MOMENTUM, batch_backward, batch_forward
from stages.neuralnet.optimizers import SGD, Adam, AdamW, Averaged
from stages.neuralnet.settings import Settings
from stages.neuralnet.step import compiled, fused

F = np.float32
CONSTANTS = F(MOMENTUM), F(EPSILON)


@pytest.fixture(params=["python", "numba"])
def made(request):
    """What makes a function of a loop: itself, slow, or what numba compiles."""
    if request.param == "python":
        return lambda loop: loop
    pytest.importorskip("numba")
    return compiled.compiled


def tile(columns=5, batch=40, spread=2.0, seed=0):
    rng = np.random.default_rng(seed)
    draw = lambda *shape: rng.standard_normal(shape).astype(F)  # noqa: E731
    return SimpleNamespace(
        z=draw(columns, batch) * F(spread) + 3, centred=draw(columns, batch),
        slopes=draw(columns, batch), delta=draw(columns, batch),
        gains=1 + draw(columns) / 4, biases=draw(columns), means=draw(columns),
        variances=1 + draw(columns) ** 2, inverse=draw(columns), vectors=draw(2, columns),
    )  # fmt: skip


def forward(loop, t, rows):
    vectors = t.gains, t.biases, t.means, t.variances, t.inverse
    with np.errstate(all="ignore"):
        loop(t.z, t.centred, t.slopes, *vectors, rows, *CONSTANTS)


def backward(loop, t, rows):
    loop(t.delta, t.slopes, t.centred, t.inverse, t.gains, *t.vectors, rows)


@pytest.mark.parametrize("rows", [40, 33, 2])
def test_batch_norm_and_gelu_forth_and_back_are_those_of_numpy(made, rows):
    found, wanted = tile(), tile()
    forward(made(compiled.batch_norm_gelu), found, rows)
    backward(made(compiled.batch_norm_back), found, rows)
    z, centred, slopes, delta = (
        getattr(wanted, name)[:, :rows].T for name in ("z", "centred", "slopes", "delta")
    )
    ones, scratch = np.ones(rows, F), np.empty((2, *z.T.shape), F).transpose(0, 2, 1)
    wanted.inverse[...] = batch_forward(z, centred, vars(wanted), ones)
    gated.gelu_both(z, slopes, scratch)
    np.multiply(delta, slopes, out=delta)
    arrays = wanted.inverse, wanted.gains, ones, wanted.vectors, scratch[0]
    batch_backward(delta, centred, *arrays)
    for name, array in vars(wanted).items():
        np.testing.assert_allclose(getattr(found, name), array, rtol=2e-5, atol=4e-6, err_msg=name)
    for name in ("z", "centred", "slopes", "delta"):
        untouched = getattr(tile(), name)[:, rows:]
        np.testing.assert_array_equal(getattr(found, name)[:, rows:], untouched)


def activated(made, y):
    """GELU and its slope at y, with a norm that changes nothing but the sign of each other row."""
    t = tile(1, 2 * len(y))
    t.z[0] = np.stack([y, -y]).T.ravel()
    variance = (t.z[0].astype(np.float64) ** 2).mean()
    t.gains[0], t.biases[0] = math.sqrt(variance + EPSILON), 0
    forward(made(compiled.batch_norm_gelu), t, 2 * len(y))
    return t.z[0], t.slopes[0], t.centred[0] * (t.gains[0] * t.inverse[0])


def gelu(y):
    """GELU and its slope, float64."""
    u = gated.ROOT * (y + gated.CUBE * y**3)
    t = np.tanh(u)
    slope = (1 + t) / 2 + y * gated.ROOT * (1 + 3 * gated.CUBE * y**2) * (1 - t * t) / 2
    return y * (1 + t) / 2, slope


@pytest.mark.parametrize("most", [0.01, 1.0, 5.0, 30.0])
def test_gelu_is_accurate_everywhere(made, most):
    found, slopes, y = activated(made, np.linspace(0, most, 2000).astype(F))
    values, expected = gelu(y.astype(np.float64))
    near = np.spacing(np.abs(y)).astype(np.float64)
    assert np.abs(found - values).max() <= 4e-7 * max(1, most)
    assert (np.abs(found - values) <= 6 * near).all()
    np.testing.assert_allclose(slopes, expected, atol=4e-6)
    far = np.abs(y) > 6
    np.testing.assert_array_equal(found[far], np.maximum(y[far], 0))
    np.testing.assert_array_equal(slopes[far], y[far] > 0)


@pytest.mark.parametrize("huge", [1e5, 1e10, 1e18])
def test_huge_numbers_are_kept_or_0(made, huge):
    t = tile(1, 4)
    t.z[0] = [-1, 1, -1, 1]
    t.gains[0], t.biases[0] = huge, 0
    forward(made(compiled.batch_norm_gelu), t, 4)
    np.testing.assert_allclose(t.z[0], [0, huge, 0, huge], rtol=1e-4)
    np.testing.assert_array_equal(t.slopes[0], [0, 1, 0, 1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["z", "gains", "biases"])
def test_what_is_no_number_stays_so(made, bad, place):
    t = tile(2)
    getattr(t, place)[1, ...] = bad
    forward(made(compiled.batch_norm_gelu), t, 40)
    assert np.isfinite(t.z[0]).all()
    assert not np.isfinite(t.z[1]).all()
    t.delta[0] = bad
    with np.errstate(all="ignore"):
        backward(made(compiled.batch_norm_back), t, 40)
    assert not np.isfinite(t.delta[0]).any()
    assert not np.isfinite(t.vectors[:, 0]).any()


def test_the_way_back_is_the_derivative(made):
    rng, t, step = np.random.default_rng(5), tile(3, 16), 1e-5
    z, gains, biases = (a.astype(np.float64) for a in (t.z, t.gains, t.biases))
    weights = t.delta.astype(np.float64)

    def loss(z, gains, biases):
        hat = z - z.mean(axis=1, keepdims=True)
        hat /= np.sqrt((hat**2).mean(axis=1, keepdims=True) + EPSILON)
        return (weights * gelu(gains[:, None] * hat + biases[:, None])[0]).sum()

    forward(made(compiled.batch_norm_gelu), t, 16)
    backward(made(compiled.batch_norm_back), t, 16)
    for _ in range(5):
        along = [rng.standard_normal(a.shape) for a in (z, gains, biases)]
        ahead, behind = (
            loss(*(a + sign * step * d for a, d in zip((z, gains, biases), along, strict=True)))
            for sign in (1, -1)
        )
        found = (t.delta * along[0]).sum() + t.vectors[1] @ along[1] + t.vectors[0] @ along[2]
        assert found == pytest.approx((ahead - behind) / (2 * step), rel=1e-4, abs=1e-4)


RULES = [
    SGD(0.0), SGD(0.9), SGD(0.9, 0.01), SGD(0.9, 0.0, 0.1), SGD(0.9, 0.01, 0.1, nesterov=True),
    Adam(l2=0.01), AdamW(), Averaged(SGD(0.8, nesterov=True), 0.5), Averaged(AdamW(), 0.9),
]  # fmt: skip


@pytest.mark.parametrize("decay", [True, False])
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_optimizers_move_parameters_as_numpy_does(made, rule, decay, monkeypatch):
    monkeypatch.setattr(compiled, "compiled", made)
    update = fused.update(Settings(rule, kernels="numba"), np.dtype(F))
    assert update != rule.update
    rng = np.random.default_rng(1)
    states = [rng.standard_normal(100).astype(F)] * 2
    slots = [np.zeros((rule.slots, 100), F) for _ in states]
    states = [state.copy() for state in states]
    for count in range(3):
        gradient = rng.standard_normal(100).astype(F)
        numbers = [np.array(n, F) for n in rule.coefficients(0.1, 0.2 if count else 0.1, count)]
        for state, kept, move in zip(states, slots, (update, rule.update), strict=True):
            move(state, gradient.copy(), kept, numbers, decay=decay)
    np.testing.assert_allclose(states[0], states[1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slots[0], slots[1], rtol=1e-5, atol=1e-6)


def test_the_constants_are_those_of_the_layers():
    """They stand in one file, by whose numbers numba knows what it compiled before."""
    assert F(gated.ROOT) == compiled.ROOT
    assert F(gated.ROOT * gated.CUBE) == compiled.CUBE
    assert F(3 * gated.ROOT * gated.CUBE) == compiled.SLOPE
