"""Preprocess: luma or colours, scaled, the same for one image as for many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.context import Context
from pipeline.errors import ConfigError
from pipeline.stream import Stream
from stages.features import to_features
from stages.options import FeatureOptions
from stages.preprocess import preprocess
from tests.stages.flat import call

some_images = hnp.arrays(np.uint8, st.tuples(st.integers(1, 5), st.just(3), st.just(4), st.just(4)))


@given(images=some_images)
def test_luma_is_that_of_rec_601(images):
    found = to_features(images, FeatureOptions(color=False, scale="unit"))
    weights = np.array([0.299, 0.587, 0.114])
    expected = np.einsum("nchw,c->nhw", images, weights).reshape(len(images), -1) / 255
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)


@given(images=some_images, scale=st.sampled_from(["unit", "symmetric"]), color=st.booleans())
def test_an_image_has_the_same_features_alone_and_in_company(images, scale, color):
    together = to_features(images, FeatureOptions(color=color, scale=scale))
    for row in range(len(images)):
        alone = to_features(images[row : row + 1], FeatureOptions(color=color, scale=scale))
        assert alone.tobytes() == together[row : row + 1].tobytes()


@pytest.mark.parametrize(("scale", "low", "high"), [("unit", 0, 1), ("symmetric", -1, 1)])
@pytest.mark.parametrize("color", [False, True])
def test_black_and_white_are_the_ends_of_the_range(scale, low, high, color):
    images = np.stack([np.zeros((3, 2, 2)), np.full((3, 2, 2), 255)]).astype(np.uint8)
    features = to_features(images, FeatureOptions(color=color, scale=scale))
    np.testing.assert_allclose(features[0], low, atol=1e-6)
    np.testing.assert_allclose(features[1], high, atol=1e-6)


def test_colours_keep_their_order():
    images = np.arange(12, dtype=np.uint8).reshape(1, 3, 2, 2)
    features = to_features(images, FeatureOptions(color=True, scale="unit"))
    np.testing.assert_allclose(features[0] * 255, np.arange(12), atol=1e-5)


def test_the_stage_is_a_stream_of_blocks(monkeypatch):
    monkeypatch.setattr("stages.preprocess.ROWS", 4)
    images = np.random.default_rng(0).integers(0, 256, (10, 3, 2, 2), np.uint8)
    blocks = preprocess(images)
    assert isinstance(blocks, Stream)
    assert [len(block) for block in blocks] == [4, 4, 2]
    whole = to_features(images, FeatureOptions(color=False, scale="unit"))
    assert np.concatenate(list(blocks)).tobytes() == whole.tobytes()


@given(images=some_images, scale=st.sampled_from(["unit", "symmetric"]))
def test_bytes_are_pixels_or_their_luma_rounded(images, scale):
    found = to_features(images, FeatureOptions(color=True, scale=scale, storage="uint8"))
    assert found.dtype == np.uint8
    assert (found == images.reshape(len(images), -1)).all()
    found = to_features(images, FeatureOptions(color=False, scale=scale, storage="uint8"))
    luma = to_features(images, FeatureOptions(color=False, scale="unit")) * 255
    assert found.dtype == np.uint8
    assert np.abs(found - luma).max() <= 0.5001


@pytest.mark.parametrize(
    ("flag", "options"),
    [
        ("--color", {"color": True}),
        ("--scale symmetric", {"scale": "symmetric"}),
        ("--storage uint8", {"storage": "uint8"}),
    ],
)
def test_what_is_done_to_pixels_is_refused_for_a_table(flag, options):
    rows = np.zeros((3, 2), np.float32)
    assert to_features(rows, FeatureOptions()) is rows
    with pytest.raises(ConfigError, match=f"^{flag}: expected images, found a table"):
        to_features(rows, FeatureOptions(**options))


@pytest.mark.parametrize("storage", ["float32", "uint8"])
@pytest.mark.parametrize("color", [False, True])
def test_the_room_it_needs_is_what_it_writes(color, storage):
    class Asked(Context):
        def check_free_space(self, size):
            self.size = size

    asked = Asked()
    images = np.zeros((7, 3, 32, 32), np.uint8)
    blocks = call(preprocess, images, color=color, storage=storage, context=asked)
    assert sum(block.nbytes for block in blocks) == asked.size
