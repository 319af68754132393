"""--local: how it is written, what is refused, and what it does from images to a model."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.context import Context
from pipeline.errors import ConfigError
from stages.locality import check_levels, first_patch, parse_levels
from stages.neuralnet import Inputs, Local
from stages.neuralnet.inputs import mirrored
from stages.options import InputOptions, NetworkOptions, WhitenOptions
from stages.whiten import resolved, whiten

COLOURS = InputOptions(color=True)


def test_levels_are_read():
    assert parse_levels("6,2,24/4, 2 ,64") == ((6, 2, 24), (4, 2, 64))
    assert parse_levels("") == parse_levels(" ") == ()
    assert NetworkOptions(local="3,1,2").local == "3,1,2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("6,2", "--local 6,2: expected PATCH,STRIDE,UNITS for each layer, .* found '6,2'"),
        ("6,2,24/", "expected PATCH,STRIDE,UNITS .* found ''"),
        ("6,-2,24", "expected PATCH,STRIDE,UNITS .* found '6,-2,24'"),
        ("6,2,x", "expected PATCH"),
        ("6,7,24", "expected a stride from 1 to 6, that no pixel is left out"),
        ("6,0,24", "expected a stride from 1 to 6"),
        ("0,1,24", "expected a stride from 1 to 1"),
        ("6,2,0", "at least one unit, found stride 2, units 0"),
    ],
)
def test_what_is_no_level_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        NetworkOptions(local=text)


def test_layers_that_begin_locally_are_written_the_same_way():
    assert NetworkOptions(local_init="3,1,2").local_init == "3,1,2"
    with pytest.raises(ConfigError, match="--local-init 6,2: expected PATCH,STRIDE,UNITS"):
        NetworkOptions(local_init="6,2")
    with pytest.raises(
        ConfigError, match=r"--local and --local-init: .* found both; drop one, or give ''"
    ):
        NetworkOptions(local="3,1,2", local_init="3,1,2")
    with pytest.raises(ConfigError, match="--local-init: expected features that are the pixels"):
        check_levels(None, ((1, 1, 1),), "--local-init")
    with pytest.raises(ConfigError, match="--local-init: expected a patch of at most 8"):
        check_levels((3, 9, 8), ((9, 2, 2),), "--local-init")


def test_patches_must_fit_into_what_they_are_cut_from():
    assert check_levels((3, 9, 8), ((7, 3, 2), (2, 1, 2))) == (3, 9, 8)
    for levels, words in (
        (((9, 2, 2),), "a patch of at most 8 in layer 1, which reads 9 × 8, found 9"),
        (((4, 2, 2), (4, 1, 2)), "a patch of at most 3 in layer 2, which reads 4 × 3, found 4"),
    ):
        with pytest.raises(ConfigError, match=words):
            check_levels((3, 9, 8), levels)
    with pytest.raises(ConfigError, match="expected features that are the pixels of images"):
        check_levels(None, ((1, 1, 1),))


def test_whitening_depends_on_which_patches_are_read_alone():
    assert first_patch("6,2,24/4,2,64") == first_patch("6,2,48") == "6,2,1"
    assert first_patch("") == ""
    assert resolved(local="6,2,24", whiten="none", init=None)["local"] == ""
    assert resolved(local="6,2,24", whiten="pca", init=None)["local"] == "6,2,1"


@pytest.mark.parametrize("flip", ["none", "random"])
def test_whitened_patches_have_no_covariance(flip):
    shape, rng = (3, 7, 8), np.random.default_rng(0)
    mix = rng.normal(size=(168, 168)) / np.arange(1, 169)
    features = (rng.normal(size=(90, 168)) @ mix + 1).astype(np.float32)
    rows = np.arange(0, 90, 2)
    dataset = {"shape": shape, "classes": ["a"]}
    found = whiten(
        features, dataset, rows, np.empty((0, 168), np.float32),
        whitening=WhitenOptions("pca", 20, 0.0), flip=flip, local="4,2,1", context=Context(),
        inputs=COLOURS,
    )  # fmt: skip
    assert (found.shape, found.dtype) == ((49, 20), np.float32)
    layer = Local.of(shape, 4, 2, 1, activation="relu")
    patches = features[rows][:, layer.indices()].reshape(-1, 48)
    if flip != "none":
        patches = np.concatenate([patches, mirrored(patches, (3, 4, 4))])
    own = Inputs(whitening=found)(patches, "float64")
    np.testing.assert_allclose(np.cov(own, rowvar=False, bias=True), np.eye(20), atol=1e-3)
    np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-3)


def test_no_more_components_than_a_patch_has():
    features, dataset = np.zeros((4, 192), np.float32), {"shape": (3, 8, 8), "classes": ["a"]}
    with pytest.raises(ConfigError, match="at most the number of features of a patch, 48"):
        whiten(
            features, dataset, np.arange(4), np.empty((0, 192), np.float32),
            whitening=WhitenOptions("pca", 49), local="4,2,1", inputs=COLOURS,
        )  # fmt: skip
