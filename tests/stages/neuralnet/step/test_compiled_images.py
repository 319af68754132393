"""Images that a loop fetches in halves: the numbers, to the bit, that NumPy's pieces have."""

from __future__ import annotations

import numpy as np
import pytest

from stages.neuralnet import SGD, Augmentation, Inputs
from stages.neuralnet.settings import Settings
from stages.neuralnet.step import compiled, fused
from stages.neuralnet.step.halves import Halves, parities

from .test_halves import IMAGES, SHAPE, whitening

INPUTS = Inputs(scale=1 / 255, whitening=whitening(dtype="float32"), shape=SHAPE)
MOVES = {
    "as they are": None,
    "flipped": {"flip": "alternate"},
    "shifted": {"shift": 3},
    "both": {"flip": "random", "shift": 1},
    "mixed": {"flip": "random", "shift": 2, "mixup": 0.3},
}


@pytest.fixture(params=["python", "numba"])
def made(request, monkeypatch):
    """The loop as plain Python or compiled."""
    if request.param == "python":
        if np.lib.NumpyVersion(np.__version__) < "2.0.0":
            pytest.skip("there uint64 and int make float64, in Python alone")
        monkeypatch.setattr(compiled, "compiled", lambda loop: loop)
    else:
        pytest.importorskip("numba")
    return request.param


def fetching(augment, inputs=INPUTS, features=IMAGES, dtype="float32", kernels="numba"):
    halves = Halves(inputs, parities(inputs), 90)
    settings = Settings(SGD(), inputs=inputs, augment=augment, kernels=kernels)
    return halves, fused.fetch(settings, halves, features, np.dtype(dtype))


@pytest.mark.parametrize("moves", MOVES)
@pytest.mark.parametrize("epoch", [0, 7])
def test_images_are_those_of_numpy_to_the_bit(made, moves, epoch):
    options = MOVES[moves]
    augment = None if options is None else Augmentation(SHAPE, seed=3, **options)
    halves, fetch = fetching(augment)
    rows = np.random.default_rng(2).permutation(90)[:61]
    found, expected = np.empty((2, 2, 61, 36), "float32")
    with np.errstate(all="ignore"):
        fetch(rows, epoch, *found)
    images = IMAGES[rows]
    if augment is not None:
        augment.fetch(IMAGES, rows, epoch, images)
    halves.split(images, *expected)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(1, 1, 2), (1, 3, 2), (2, 2, 8), (3, 9, 40)], ids=str)
def test_images_of_any_size_that_has_two_halves(made, shape):
    size = int(np.prod(shape))
    features = np.random.default_rng(0).integers(0, 256, (20, size), np.uint8)
    augment = Augmentation(shape, "random", shift=min(shape[1:]) - 1, seed=1)
    inputs = Inputs(whitening=whitening(shape=shape, dtype="float32"), shape=shape)
    halves, fetch = fetching(augment, inputs, features)
    found, expected = np.empty((2, 2, 20, size // 2), "float32")
    rows, images = np.arange(20), np.empty_like(features)
    fetch(rows, 0, *found)
    augment.fetch(features, rows, 0, images)
    halves.split(images, *expected)
    np.testing.assert_array_equal(found, expected)


def test_all_else_is_left_to_numpy():
    assert fetching(None)[1] is not None
    assert fetching(None, kernels="numpy")[1] is None
    assert fetching(None, dtype="float64")[1] is None
    assert fetching(None, features=IMAGES.astype("float32"))[1] is None
    for more in ({"rotate": 5}, {"zoom": 0.1}, {"jitter": 0.2}, {"cutout": 2}):
        assert fetching(Augmentation(SHAPE, shift=1, **more))[1] is None
    contrast = Inputs(contrast=True, whitening=whitening(dtype="float32"), shape=SHAPE)
    assert fetching(None, contrast)[1] is None
    settings = Settings(SGD(), inputs=INPUTS, kernels="numba")
    assert fused.fetch(settings, None, IMAGES, np.dtype("float32")) is None
