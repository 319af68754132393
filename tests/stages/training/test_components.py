"""Components: what the options of a training amount to."""

from __future__ import annotations

from typing import get_type_hints

import pytest

from pipeline.errors import ConfigError
from stages.neuralnet import ACTIVATIONS, INITIALIZERS, SGD, Augmentation, Averaged
from stages.neuralnet.optimizers import OPTIMIZERS, Adam
from stages.neuralnet.schedules import SCHEDULES
from stages.options import InputOptions, NetworkOptions
from stages.training.augmentation import AugmentationOptions
from stages.training.components import make_augmentation, make_optimizer
from stages.training.options import OptimizerOptions, ScheduleOptions


@pytest.mark.parametrize(
    ("group", "name", "table"),
    [
        (NetworkOptions, "activation", ACTIVATIONS),
        (NetworkOptions, "initializer", {"auto", *INITIALIZERS} - {"zeros"}),
        (OptimizerOptions, "optimizer", OPTIMIZERS),
        (ScheduleOptions, "schedule", SCHEDULES),
    ],
)
def test_whatever_the_library_has_can_be_chosen(group, name, table):
    (option,) = get_type_hints(group, include_extras=True)[name].__metadata__
    assert set(option.choices) == set(table)


def test_optimizers_take_what_they_know():
    assert make_optimizer(OptimizerOptions(momentum=0.8, l2=0.1)) == SGD(0.8, 0.1)
    assert make_optimizer(OptimizerOptions(momentum=0.8, l2=0.1), 0.9) == Averaged(
        SGD(0.8, 0.1), 0.9
    )
    nesterov = make_optimizer(OptimizerOptions(nesterov=True, l2=0.0))
    assert nesterov == SGD(0.9, 0.0, nesterov=True)
    adam = make_optimizer(OptimizerOptions(optimizer="adam", beta2=0.99, l2=0.1))
    assert adam == Adam(momentum=0.9, beta2=0.99, l2=0.1)
    with pytest.raises(ConfigError, match=r"--optimizer sgd: momentum: expected .*found 2.0"):
        make_optimizer(OptimizerOptions(momentum=2.0))


def test_schedules_are_those_of_their_options():
    rates = ScheduleOptions(schedule="step", lr=1.0, epochs=4, decay=0.5, every=2).rates()
    assert [rates(place) for place in (0, 1.9, 2.5)] == [1.0, 1.0, 0.5]
    rising = ScheduleOptions(schedule="linear", lr=1.0, epochs=4, warmup=2.0).rates()
    assert rising(0.0) < rising(1.0) < rising(2.0) == 1.0


def test_only_images_are_augmented():
    inputs, none = InputOptions(), AugmentationOptions()
    assert make_augmentation(none, inputs, None, seed=1) is None
    assert make_augmentation(none, inputs, (1, 8, 8), seed=1) is None
    found = make_augmentation(AugmentationOptions(shift=2), inputs, (1, 8, 8), seed=5, until=3)
    assert found == Augmentation((1, 8, 8), shift=2, seed=5, levels=(0.0, 1.0), until=3)
    stored = make_augmentation(
        AugmentationOptions(cutout=2), InputOptions(storage="uint8"), (1, 8, 8), seed=5
    )
    assert stored.levels == (0, 255)
    with pytest.raises(ConfigError, match="expected features that are the pixels of images"):
        make_augmentation(AugmentationOptions(flip="random"), inputs, None, seed=1)
    largest = AugmentationOptions(shift=7)
    assert make_augmentation(largest, inputs, (1, 9, 8), seed=1) is not None
    with pytest.raises(ConfigError, match=r"--shift 8: expected at most 7 for images of 9 × 8"):
        make_augmentation(AugmentationOptions(shift=8), inputs, (1, 9, 8), seed=1)
