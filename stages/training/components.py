"""Components: the parts of a training, from the options that its user gave."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pipeline.errors import ConfigError
from stages import neuralnet as nn
from stages.features import levels_of
from stages.options import InputOptions
from stages.training.augmentation import AugmentationOptions
from stages.training.options import OptimizerOptions


def make_optimizer(options: OptimizerOptions, average: float = 0.0) -> Any:
    """The optimizer; with `average` above 0, one that averages the parameters, too."""
    given = asdict(options)
    name, nesterov = given.pop("optimizer"), given.pop("nesterov")
    try:
        optimizer = nn.make_optimizer(name, nesterov=nesterov or None, **given)
    except ValueError as error:
        raise ConfigError(f"--optimizer {name}: {error}") from None
    return nn.Averaged(optimizer, average) if average else optimizer


def make_augmentation(
    options: AugmentationOptions,
    inputs: InputOptions,
    shape: tuple[int, int, int] | None,
    seed: int,
    until: int | None = None,
) -> nn.Augmentation | None:
    """What is done to training images of this shape (None: they are no images); None: nothing.

    until: the epoch from which on they are only flipped and shifted; None: never.
    """
    if options == AugmentationOptions():
        return None
    if shape is None:
        raise ConfigError(
            "--flip, --shift, --rotate, --zoom, --jitter, --cutout and --mixup: expected features "
            "that are the pixels of images, found others; leave these flags out"
        )
    largest = min(shape[1:]) - 1
    if options.shift > largest:
        raise ConfigError(
            f"--shift {options.shift}: expected at most {largest} for images of "
            f"{shape[1]} × {shape[2]} pixels, found more; choose a smaller one"
        )
    return nn.Augmentation(
        shape, **asdict(options), seed=seed, levels=levels_of(inputs), until=until
    )
