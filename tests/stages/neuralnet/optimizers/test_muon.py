from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet.optimizers.muon import ITERATIONS, QUINTIC, Muon, orthogonalize

from .test_optimizers import RATES, drawn, steps

SHAPES = [(12, 5), (5, 12), (8, 8), (30, 1), (1, 30)]


def newton_schulz(G):
    """As published, on a wide matrix; in float64."""
    a, b, c = QUINTIC
    X = G.T if G.shape[0] > G.shape[1] else G
    X = X / np.linalg.norm(X)
    for _ in range(ITERATIONS):
        A = X @ X.T
        X = a * X + (b * A + c * A @ A) @ X
    return X.T if G.shape[0] > G.shape[1] else X


@pytest.mark.parametrize("shape", SHAPES)
def test_orthogonalize_is_the_published_iteration(shape):
    G = drawn(shape)[0]
    out, scratch = np.empty(shape), np.empty(2 * min(shape) ** 2)
    orthogonalize(G.copy(), out, scratch)
    np.testing.assert_allclose(out, newton_schulz(G), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_singular_values_come_near_one_and_vectors_stay(dtype):
    rng = np.random.default_rng(1)
    U, V = (np.linalg.qr(rng.standard_normal((n, 6)))[0] for n in (20, 6))
    G = (U * np.array([1, 0.9, 0.7, 0.5, 0.3, 0.1]) @ V.T).astype(dtype)
    out = np.empty_like(G)
    orthogonalize(G, out, np.empty(72, dtype))
    core = U.T @ out @ V
    assert np.abs(core - np.diag(np.diag(core))).max() < 1e-5
    assert 0.6 < np.diag(core).min() <= np.diag(core).max() < 1.3


@pytest.mark.parametrize("shape", SHAPES)
def test_matrices_follow_the_formula(shape):
    W, gradients = drawn(shape)
    optimizer = Muon(momentum=0.9, l2=0.1, weight_decay=0.2)
    scratch = np.full(optimizer.scratch(*shape), np.nan)

    def update(W, G, slots, numbers, decay):
        optimizer.update_matrix(W, G, slots, numbers, scratch)

    found, slots = steps(optimizer, W, gradients, update=update)
    M, scale = 0, np.sqrt(max(1, shape[1] / shape[0]))
    for lr, g in zip(RATES, gradients, strict=True):
        g = g + 0.1 * W
        M = 0.9 * M + g
        W = W - lr * scale * newton_schulz(g + 0.9 * M) - lr * 0.2 * W
    np.testing.assert_allclose(found, W, rtol=1e-9)
    assert (slots[1] == 0).all()


def test_columns_of_a_wider_matrix_will_do():
    W, gradients = drawn((6, 4))
    optimizer, wide = Muon(), np.zeros((6, 9))
    numbers, scratch = optimizer.coefficients(0.1, 0.1, 0), np.empty(optimizer.scratch(6, 4))
    wide[:, 2:6] = W
    optimizer.update_matrix(W, gradients[0].copy(), np.zeros((2, 6, 4)), numbers, scratch)
    part = wide[:, 2:6]
    optimizer.update_matrix(part, gradients[0].copy(), np.zeros((2, 6, 4)), numbers, scratch)
    np.testing.assert_allclose(part, W, rtol=1e-14)


def test_without_gradients_nothing_moves():
    W = np.ones((4, 3))
    optimizer = Muon()
    numbers, scratch = optimizer.coefficients(0.1, 0.1, 0), np.empty(optimizer.scratch(4, 3))
    optimizer.update_matrix(W, np.zeros((4, 3)), np.zeros((2, 4, 3)), numbers, scratch)
    assert (W == 1).all()
