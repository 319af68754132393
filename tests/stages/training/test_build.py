"""Build: what a network begins with, what an example weighs, what a fingerprint leaves out."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.context import Context
from pipeline.errors import ConfigError
from stages.options import InputOptions, NetworkOptions
from stages.train import train
from stages.training.augmentation import AugmentationOptions
from stages.training.build import Examples, balanced, make_trainer, resolved
from stages.training.options import BatchOptions, OptimizerOptions
from tests import sources


def started(network, batch):
    """The trainer of a small network, to be closed."""
    rng = np.random.default_rng(0)
    none = np.empty((0, 192), np.float32)
    features, labels = rng.random((30, 192), np.float32), rng.integers(0, 3, 30)
    dataset = {"shape": [3, 8, 8], "classes": ["a", "b", "c"]}
    return make_trainer(
        Examples(features, labels, dataset, np.arange(30), none, none),
        InputOptions(color=True),
        network,
        BatchOptions(batch=batch),
        OptimizerOptions(),
        AugmentationOptions(),
        seed=0,
        workers=1,
        context=Context(),
    )


def test_layers_that_begin_locally_stand_ahead_of_the_hidden_ones():
    with started(NetworkOptions(hidden=(5,), local_init="4,2,3/2,1,2"), batch=10) as trainer:
        layers, tensors = trainer.network.layers, trainer.network.tensors()
    assert [layer["outputs"] for layer in layers] == [27, 8, 5, 3]
    assert {layer["kind"] for layer in layers} == {"dense"}
    zeros = [float((own["weights"] == 0).mean()) for own in tensors]
    np.testing.assert_allclose(zeros, [1 - 48 / 192, 1 - 12 / 27, 0, 0], atol=0.01)


def test_one_image_has_no_variance():
    with pytest.raises(ConfigError, match=r"--batch 1: expected at least 2 images beside --batchn"):
        started(NetworkOptions(hidden=(5,), batchnorm=True), batch=1)
    started(NetworkOptions(hidden=(5,), layernorm=True), batch=1).close()


def test_layers_count_however_they_are_spelled():
    plain = resolved(local="6,2,24/4,2,64", local_init="", init=None)
    assert plain == {"local": "6,2,24/4,2,64", "local_init": "", "init": None}
    assert resolved(local="06, 2,24 / 4,2,６4", local_init=" ", init=None) == plain
    other = resolved(local="", local_init="6, 2,24", init=None)
    assert (other["local"], other["local_init"]) == ("", "6,2,24")
    with pytest.raises(ConfigError, match="--local-init 6,2: expected PATCH,STRIDE,UNITS"):
        resolved(local="", local_init="6,2", init=None)


def test_every_class_weighs_the_same():
    labels = np.array([0, 0, 0, 1, 2, 2, 0, 3], np.uint8)
    rows = np.arange(6)
    weights = balanced(labels, rows)
    assert weights.shape == (8,)
    sums = [weights[rows][labels[rows] == label].sum() for label in range(3)]
    np.testing.assert_allclose(sums, 2)
    assert np.isfinite(weights).all()


def test_new_words_for_a_parameter_train_nothing_again():
    """Its help stands in an annotation, and those count only where code that is reached asks."""
    found = sources.index().reached(train.function, train.ignores, train.groups)
    assert "annotations" not in found.words
