"""Ingredients: what a training is made of, from the names and numbers that its user gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.errors import ConfigError
from stages import neuralnet as nn


def norm_of(batchnorm: bool, layernorm: bool) -> str:
    """The normalisation of the hidden layers: none, batch or layer."""
    if batchnorm and layernorm:
        raise ConfigError(
            "--batchnorm and --layernorm: expected at most one of them, found both; drop one"
        )
    return "batch" if batchnorm else "layer" if layernorm else "none"


def optimizer_of(name: str, average: float, **options: Any) -> Any:
    """The optimizer of that name; with `average` above 0, one that averages the parameters, too."""
    try:
        optimizer = nn.make_optimizer(name, **options)
    except ValueError as error:
        raise ConfigError(f"--optimizer {name}: {error}") from None
    return nn.Averaged(optimizer, average) if average else optimizer


def schedule_of(name: str, lr: float, epochs: int, **options: Any) -> Callable[[float], float]:
    """The learning rate at a position in epochs."""
    try:
        return nn.make_schedule(name, lr, epochs, **options)
    except ValueError as error:
        raise ConfigError(f"--schedule {name}: {error}") from None


def augmentation_of(
    shape: tuple[int, int, int] | None,
    *,
    seed: int,
    levels: tuple[float, float] = (0, 255),
    until: int | None = None,
    flip: str = "none",
    **amounts: float,
) -> nn.Augmentation | None:
    """What is done to training images of this shape (None: they are no images); None: nothing.

    levels: the range of their pixels. until: the epoch from which on they are only flipped and
    shifted; None: never. amounts: shift, rotate, zoom, jitter, cutout, mixup; 0: not.
    """
    if flip == "none" and not any(amounts.values()):
        return None
    if shape is None:
        raise ConfigError(
            "--flip, --shift, --rotate, --zoom, --jitter, --cutout and --mixup: expected features "
            "that are the pixels of images, found others; leave these flags out"
        )
    return nn.Augmentation(shape, flip, seed=seed, levels=levels, until=until, **amounts)
