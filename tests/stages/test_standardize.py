"""Standardize: constants by the training rows alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.features import make_inputs
from stages.neuralnet.inputs import Inputs, mirrored
from stages.options import InputOptions
from stages.standardize import fit, standardize
from tests.stages.flat import call


def applied(features, constants):
    return Inputs(standardization=constants)(features)


@given(seed=st.integers(0, 1000), shift=st.floats(-100, 100), spread=st.floats(0.01, 100))
def test_training_features_come_to_mean_0_and_deviation_1(seed, shift, spread):
    generator = np.random.default_rng(seed)
    features = (generator.normal(size=(50, 4)) * spread + shift).astype(np.float32)
    rows = generator.permutation(50)[:40]
    done = applied(features, fit(features, rows))[rows]
    np.testing.assert_allclose(done.mean(axis=0), 0, atol=2e-3)
    np.testing.assert_allclose(done.std(axis=0), 1, atol=2e-3)


def test_other_rows_do_not_count():
    features = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    rows = np.arange(10)
    before = fit(features, rows)
    features[10:] = 1e6
    assert fit(features, rows).tobytes() == before.tobytes()


def test_a_constant_feature_keeps_its_scale():
    constants = fit(np.full((5, 1), 3, np.float32), np.arange(5))
    assert constants.tolist() == [[3], [1]]


def test_a_feature_whose_deviation_has_no_inverse_counts_as_constant():
    features = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    features[:, 1] *= 1e-42
    constants = standardize(features, {"shape": None}, np.arange(20))
    assert np.isfinite(constants).all()
    assert constants[1, 1] == 1


def test_off_means_no_constants():
    features = np.ones((5, 3072), np.float32)
    constants = call(standardize, features, {}, np.arange(5))
    assert constants.shape == (0, 3072)
    assert applied(features, constants).tolist() == features.tolist()
    assert call(standardize, features, {}, np.arange(5), standardize="feature").shape == (2, 3072)


@pytest.mark.parametrize("flip", ["none", "random"])
def test_all_pixels_of_a_colour_have_the_same_constants(flip):
    rng = np.random.default_rng(0)
    features = (rng.random((9, 3, 1024)) * [[[1], [2], [3]]]).astype(np.float32).reshape(9, -1)
    rows = np.arange(7)
    options = {"color": True, "standardize": "channel", "flip": flip}
    constants = call(standardize, features, {}, rows, **options).reshape(2, 3, 1024)
    assert (constants == constants[..., :1]).all()
    planes = features[rows].astype(np.float64).reshape(7, 3, 1024).transpose(1, 0, 2).reshape(3, -1)
    np.testing.assert_allclose(constants[0, :, 0], planes.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(constants[1, :, 0], 1 / planes.std(axis=1), rtol=1e-6)


@pytest.mark.parametrize("flip", ["random", "alternate"])
def test_where_images_are_flipped_their_mirrors_count(flip):
    shape, rows = (1, 32, 32), np.arange(5)
    features = np.random.default_rng(0).random((6, 1024)).astype(np.float32)
    found = call(standardize, features, {}, rows, standardize="feature", flip=flip)
    both = np.concatenate([features[rows], mirrored(features[rows], shape)])
    np.testing.assert_allclose(found, fit(both, np.arange(10)), rtol=2e-6)
    assert (mirrored(found, shape) == found).all()


@pytest.mark.parametrize("storage", ["float32", "uint8"])
def test_they_are_fitted_on_what_scale_and_contrast_make(storage):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 1024), np.uint8)
    features = pixels if storage == "uint8" else (pixels / np.float32(255) * 2 - 1)
    options = {"scale": "symmetric", "contrast": True, "storage": storage}
    constants = call(standardize, features, {}, np.arange(6), standardize="feature", **options)
    inputs = make_inputs(InputOptions(**options), standardization=constants)
    done = inputs(features)
    np.testing.assert_allclose(done.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(done.std(axis=0), 1, atol=1e-5)
    assert constants.dtype == np.float32


def test_a_pixel_that_hardly_changes_is_not_magnified_without_bounds():
    images = np.random.default_rng(0).random((500, 16), np.float32)
    images[:, 3] = 0
    images[7, 3] = 0.01
    images[:, 4] = 0
    inputs = Inputs(shape=(1, 4, 4))
    pixels, numbers = fit(images, np.arange(500), inputs), fit(images, np.arange(500))
    assert pixels[1, 3] <= 10.1 * np.median(pixels[1])
    assert numbers[1, 3] > 1000  # features of a table each have a scale of their own
    assert pixels[1, 4] == numbers[1, 4] == 1
    usual = np.delete(np.arange(16), [3, 4])
    assert (pixels[1, usual] == numbers[1, usual]).all()
