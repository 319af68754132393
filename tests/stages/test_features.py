"""Constants: bytes and floats are two ways to store the same inputs."""

from __future__ import annotations

import numpy as np
import pytest

from stages.features import chosen_blocks, make_inputs, to_features
from stages.neuralnet.inputs import Inputs
from stages.options import InputOptions
from tests.stages.models import SHAPE, images


@pytest.mark.parametrize("scale", ["unit", "symmetric"])
@pytest.mark.parametrize("contrast", [False, True])
@pytest.mark.parametrize("color", [False, True])
def test_inputs_do_not_depend_on_how_features_are_stored(scale, contrast, color):
    found = []
    for storage in ("float32", "uint8"):
        options = InputOptions(color=color, scale=scale, contrast=contrast, storage=storage)
        found.append(make_inputs(options, shape=SHAPE)(to_features(images(), options)))
    if color:
        assert found[0].tobytes() == found[1].tobytes()
    else:  # grey levels are rounded by up to a half
        deviation = found[0].std() if contrast else 1
        np.testing.assert_allclose(found[0], found[1], atol=0.02 * max(1, 1 / deviation))


def test_constants_come_in():
    constants, matrix = np.ones((2, 6), np.float32), np.ones((7, 2), np.float32)
    options = InputOptions(scale="symmetric", contrast=True)
    found = make_inputs(options, standardization=constants, whitening=matrix, shape=(3, 2, 3))
    assert vars(found) == vars(Inputs(1.0, 0.0, True, constants, matrix, (1, 2, 3)))
    assert make_inputs(options).shape is None
    empty = np.empty((0, 6), np.float32)
    assert make_inputs(options, standardization=empty, whitening=empty).whitening is None
    assert make_inputs(options, standardization=empty, shape=(3, 2, 3)).shape == (1, 2, 3)


def test_features_that_are_no_such_images_have_no_mirrors():
    points = np.empty((0, 5), np.float32)
    assert make_inputs(InputOptions(), standardization=points, shape=(3, 32, 32)).shape is None


@pytest.mark.parametrize("size", [1, 3, 100])
def test_chosen_rows_come_in_order_in_blocks(size):
    features, rows = np.arange(20).reshape(10, 2), np.array([7, 0, 9, 3])
    blocks = chosen_blocks(features, rows, size)
    assert max(map(len, blocks)) <= size
    assert np.concatenate(list(blocks)).tolist() == features[np.sort(rows)].tolist()
