"""Inputs: each part does what it says, in its turn, and constants that do not fit are refused."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet.inputs import Inputs, mirrored, normalize_contrast

SHAPE = (3, 2, 4)
D = 24


def pixels(count: int = 7) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, D), np.uint8)


def constants(width: int = 5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    standardization = np.stack([rng.normal(size=D), rng.uniform(0.5, 2, D)])
    return {"standardization": standardization, "whitening": rng.normal(size=(1 + D, width))}


def test_nothing_is_done_by_default():
    for stored in (pixels(), pixels() / np.float32(7)):
        assert (Inputs()(stored) == stored.astype(np.float32)).all()
        assert Inputs()(stored).dtype == np.float32
    assert Inputs().width(D) == D


def test_all_parts_in_their_order():
    x = pixels() * (2 / 255) - 1
    x = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    given = constants()
    x = (x - given["standardization"][0]) * given["standardization"][1]
    expected = x @ given["whitening"][1:] + given["whitening"][0]
    inputs = Inputs(2 / 255, -1, True, **given, shape=SHAPE)
    inputs.check(D)
    assert inputs.width(D) == 5
    np.testing.assert_allclose(inputs(pixels(), "float64"), expected, rtol=1e-12)
    np.testing.assert_allclose(inputs(pixels()), expected, rtol=1e-4, atol=1e-5)


def test_rows_may_be_converted_in_place():
    stored = pixels() / np.float32(255)
    inputs = Inputs(contrast=True, standardization=constants()["standardization"])
    expected = inputs(stored)
    inputs.convert(stored, stored)
    assert stored.tobytes() == expected.tobytes()


def test_columns_may_be_whitened_apart():
    inputs, x = Inputs(whitening=constants()["whitening"]), pixels().astype(np.float64)
    whole, parts = np.empty((7, 5)), np.empty((7, 5))
    inputs.whiten(x, whole)
    for c in (slice(0, 2), slice(2, 5)):
        inputs.whiten(x, parts[:, c], c)
    np.testing.assert_allclose(parts, whole, rtol=1e-12)


def test_the_contrast_of_an_image_is_its_own():
    x = pixels() / np.float32(255)
    x[3] = 0.6  # an image without contrast
    x[4] = np.linspace(0.6, 0.6 + 1e-4, D)  # and one with next to none
    alone = x[2:3].copy()
    normalize_contrast(x)
    normalize_contrast(alone)
    assert alone.tobytes() == x[2:3].tobytes()
    np.testing.assert_allclose(x.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(x.std(axis=1)[[0, 1, 2, 5, 6]], 1, rtol=1e-5)
    assert np.abs(x[3]).max() < 1e-3
    assert np.abs(x[4]).max() < 0.1


def test_a_mirror_exchanges_left_and_right():
    row = np.arange(D)[np.newaxis]
    found = mirrored(row, SHAPE)
    assert found[0, :8].tolist() == [3, 2, 1, 0, 7, 6, 5, 4]
    assert (mirrored(found, SHAPE) == row).all()
    found[0] = 0
    assert row[0, 1] == 1


def test_empty_constants_are_none():
    empty = np.empty((0, D), np.float32)
    inputs = Inputs(standardization=empty, whitening=empty)
    assert (inputs.standardization, inputs.whitening) == (None, None)


def test_constants_take_a_type():
    inputs = Inputs(0.5, shape=SHAPE, **constants()).astype(np.float32)
    assert inputs.standardization.dtype == inputs.whitening.dtype == np.float32
    assert (inputs.scale, inputs.shape) == (0.5, SHAPE)
    assert Inputs().astype(np.float32).whitening is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"standardization": np.ones((1, D))}, r"standardization: expected \(2, 24\) or empty, fo"),
        ({"standardization": np.ones((2, 3))}, r"found \(2, 3\)"),
        ({"whitening": np.ones((D, 5))}, r"whitening: expected \(25, k\) or empty, found \(24, 5"),
        ({"whitening": np.ones(1 + D)}, r"whitening: expected \(25, k\) or empty, found \(25,\)"),
        ({"shape": (1, 2, 4)}, r"shape: expected 24 numbers an image, found \(1, 2, 4\)"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Inputs(**options).check(D)
