from __future__ import annotations

import pytest

from pipeline.errors import ConfigError
from stages.neuralnet import SGD, Augmentation, Averaged
from stages.training.components import augmentation_of, norm_of, optimizer_of, schedule_of


def test_norms_are_named_by_flags():
    assert [norm_of(*flags) for flags in ((0, 0), (1, 0), (0, 1))] == ["none", "batch", "layer"]
    with pytest.raises(ConfigError, match="--batchnorm and --layernorm: expected at most one"):
        norm_of(True, True)


def test_optimizers_take_what_they_know():
    assert optimizer_of("sgd", 0.0, momentum=0.8, l2=0.1) == SGD(0.8, 0.1)
    assert optimizer_of("sgd", 0.9, momentum=0.8, beta2=None) == Averaged(SGD(0.8), 0.9)
    with pytest.raises(ConfigError, match=r"--optimizer sgd: .*found 'beta2'"):
        optimizer_of("sgd", 0.0, beta2=0.9)


def test_schedules_are_told_what_is_wrong():
    options = {"decay": 0.5, "every": 2, "warmup": 0.0, "final": 0.0}
    assert schedule_of("step", 1.0, 4, **options)(2.5) == 0.5
    with pytest.raises(ConfigError, match="--schedule linear: warmup: expected"):
        schedule_of("linear", 1.0, 4, **options | {"warmup": 4.0})


def test_only_images_are_augmented():
    assert augmentation_of(None, seed=1, shift=0, mixup=0.0) is None
    assert augmentation_of((1, 8, 8), seed=5, shift=2, zoom=0.0) == Augmentation(
        (1, 8, 8), shift=2, seed=5
    )
    with pytest.raises(ConfigError, match="expected features that are the pixels of images"):
        augmentation_of(None, seed=1, flip="random")
