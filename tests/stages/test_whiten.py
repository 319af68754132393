"""Whiten: inputs without correlation, beside a dense reference, in bounded memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from pipeline.context import Context
from pipeline.errors import ConfigError
from stages.neuralnet.inputs import Inputs, mirrored
from stages.whiten import covariances, eigenvectors, matrix, whiten
from tests.stages.flat import call

SHAPE = (2, 3, 4)
D = 24


def images(count=400, seed=0):
    """Rows whose numbers depend on each other, and not on both sides alike."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(D, D)) / np.arange(1, D + 1)
    return (rng.normal(size=(count, D)) @ mix + rng.normal(size=D)).astype(np.float32)


def made(features, *, rows=None, flipped=False, kept=D, damping=0.0, zca=False, **inputs):
    rows = np.arange(len(features)) if rows is None else rows
    parts = covariances(features, rows, Inputs(shape=SHAPE, **inputs), flipped)
    return matrix(parts, SHAPE, kept, damping, zca)


def outputs(features, found, **inputs):
    return Inputs(whitening=found, shape=SHAPE, **inputs)(features, "float64")


def reference(x, kept, damping, zca):
    """Inputs made in the plainest way, in float64."""
    x = x.astype(np.float64)
    values, V = np.linalg.eigh(np.cov(x, rowvar=False, bias=True))
    spread = values + damping * values.mean()
    values, V, spread = (a[..., ::-1][..., :kept] for a in (values, V, spread))
    W = V / np.sqrt(spread)
    return (x - x.mean(axis=0)) @ (W @ V.T if zca else W)


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("kept", [D, 7])
@pytest.mark.parametrize("damping", [0.0, 0.1])
@pytest.mark.parametrize("zca", [False, True])
def test_it_is_what_a_dense_reference_makes(flipped, kept, damping, zca):
    features = images()
    found = made(features, flipped=flipped, kept=kept, damping=damping, zca=zca)
    both = np.concatenate([features, mirrored(features, SHAPE)]) if flipped else features
    expected, own = reference(both, kept, damping, zca), outputs(both, found)
    assert found.dtype == np.float32
    assert found.shape == (1 + D, D if zca else kept)
    if not zca:  # an eigenvector points either way
        own = own * np.sign(np.sum(own * expected, axis=0))
    np.testing.assert_allclose(own, expected, atol=2e-4)


def test_a_pixel_wide_an_image_is_its_own_mirror():
    features, shape = np.random.default_rng(0).random((50, 12), np.float32), (3, 4, 1)
    for zca in (False, True):
        of = lambda *flips: covariances(features, np.arange(50), Inputs(shape=shape), *flips)  # noqa: E731
        own, both = (matrix(parts, shape, 5, 0.1, zca) for parts in (of(), of(True)))
        np.testing.assert_allclose(own, both, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("zca", [False, True])
def test_outputs_have_no_covariance(flipped, zca):
    features = images()
    both = np.concatenate([features, mirrored(features, SHAPE)]) if flipped else features
    own = outputs(both, made(features, flipped=flipped, zca=zca))
    np.testing.assert_allclose(np.cov(own, rowvar=False, bias=True), np.eye(D), atol=1e-4)
    np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-4)


def test_damping_keeps_variances_below_1_and_in_order():
    features = images()
    own = outputs(features, made(features, damping=0.1))
    found = own.var(axis=0)
    assert (found <= 1).all()
    assert (np.diff(found) < 0).all()
    assert found[-1] < 0.5 < found[0]


def test_the_largest_components_are_kept():
    features = images()
    whole, part = made(features, damping=0.1), made(features, damping=0.1, kept=5)
    assert part.tobytes() == np.ascontiguousarray(whole[:, :5]).tobytes()


def test_other_rows_do_not_count():
    features, rows = images(), np.arange(0, 400, 2)
    before = made(features, rows=rows)
    features[1::2] = 1e6
    assert made(features, rows=rows).tobytes() == before.tobytes()


@pytest.mark.parametrize("flipped", [False, True])
def test_constant_features_come_to_0(flipped):
    features = images()
    features[:, [1, 2]] = 0.7  # each the mirror image of the other
    features[:, [5, 6]] = 0.3
    found = made(features, flipped=flipped)
    assert np.isfinite(found).all()
    own = outputs(features, found)
    assert own[:, :20].var(axis=0).min() > 0.1
    assert not own[:, 20:].any()
    assert not made(np.full((5, D), 0.3, np.float32), flipped=flipped).any()


def test_what_comes_before_it_counts():
    features = images()
    constants = np.stack([features.mean(0), 1 / features.std(0)])
    given = {"contrast": True, "standardization": constants}
    own = outputs(features, made(features, **given), **given)
    np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-4)
    expected = np.diag([1.0] * (D - 1) + [0.0])  # with contrast, an image's numbers sum to 0
    np.testing.assert_allclose(np.cov(own, rowvar=False, bias=True), expected, atol=2e-3)


def test_blocks_add_up(monkeypatch):
    features, rows = images(), np.arange(40, 333)
    whole = covariances(features, rows, Inputs())
    monkeypatch.setattr("stages.whiten.ROWS", 16)
    for (mean, square), (same_mean, same_square) in zip(
        whole, covariances(features, rows, Inputs()), strict=True
    ):
        np.testing.assert_allclose(same_mean, mean, rtol=1e-12)
        np.testing.assert_allclose(same_square, square, atol=1e-12)


def test_the_largest_number_of_an_eigenvector_is_positive():
    values, vectors = eigenvectors(np.cov(images(), rowvar=False))
    assert (values >= 0).all()
    assert (np.abs(vectors).max(axis=0) == vectors.max(axis=0)).all()


class Asked(Context):
    size = 0

    def check_free_space(self, size):
        self.size = size


@pytest.mark.parametrize("kind", ["pca", "zca"])
@pytest.mark.parametrize("flip", ["none", "random"])
def test_the_stage(kind, flip):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 1024), np.uint8)
    none, asked = np.empty((0, 1024), np.float32), Asked()
    options = {"components": 20, "storage": "uint8", "contrast": True, "flip": flip}
    found = call(whiten, pixels, {}, np.arange(50), none, whiten=kind, **options, context=asked)
    again = call(whiten, pixels, {}, np.arange(50), none, whiten=kind, **options)
    assert found.tobytes() == again.tobytes()
    assert found.shape == (1025, 20 if kind == "pca" else 1024)
    assert found.nbytes == asked.size
    inputs = Inputs(1 / 255, contrast=True, whitening=found)
    variances = inputs(pixels[:50]).var(axis=0)
    assert variances.max() <= 1
    assert variances.sum() > 5


def test_none_is_none():
    features, none = np.zeros((4, 1024), np.float32), np.empty((0, 1024), np.float32)
    assert call(whiten, features, {}, np.arange(4), none).shape == (0, 1024)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"components": 5}, "--components 5: expected --whiten pca or zca beside it, found --whit"),
        (
            {"whiten": "pca", "components": 1025},
            "--components 1025: expected at most the number of features, 1024",
        ),
    ],
)
def test_components_that_cannot_be(options, message):
    features, none = np.zeros((4, 1024), np.float32), np.empty((0, 1024), np.float32)
    with pytest.raises(ConfigError, match=message):
        call(whiten, features, {}, np.arange(4), none, **options)


def test_memory_is_bounded():
    features = np.zeros((20_000, 1024), np.uint8)
    none = np.empty((0, 1024), np.float32)
    rows = np.arange(8000)
    tracemalloc.start()
    try:
        call(whiten, features, {}, rows, none, whiten="pca", storage="uint8", flip="random")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * (8 * 1024 * 1024)
