"""Constants: all that is done to stored features before the first layer reads them, in one place.

Training, evaluation and the model file make their `Inputs` here, from the same parameters and the
same fitted constants; so what a network was trained on is what it is asked about.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.errors import ConfigError
from stages import neuralnet as nn
from stages.preprocess import SCALES, constants_of


def make_inputs(
    *,
    color: bool,
    scale: str,
    contrast: bool,
    storage: str,
    standardization: np.ndarray | None = None,
    whitening: np.ndarray | None = None,
    shape: tuple[int, int, int] | None = None,
) -> nn.Inputs:
    """What turns features as `preprocess` stores them into the inputs of the network.

    Floats are scaled already, bytes are not. standardization (2, d) and whitening (1 + d, k) are
    those of the stages of that name; None or empty: none. shape: (3, height, width) of an image;
    features (d) that are none of such images have no mirrors.
    """
    factor, offset = constants_of(scale) if storage == "uint8" else (1.0, 0.0)
    if shape is not None:
        shape = (3 if color else 1, *shape[1:])
        if standardization is not None and math.prod(shape) != standardization.shape[-1]:
            shape = None
    return nn.Inputs(factor, offset, contrast, standardization, whitening, shape)


def levels_of(scale: str, storage: str) -> tuple[float, float]:
    """The least and the largest number that a pixel may be, as `preprocess` stores it."""
    return (0, 255) if storage == "uint8" else SCALES[scale]


def expect_images(inputs: nn.Inputs, flag: str) -> None:
    """Raise `ConfigError` where a flag needs images, and the features are no pixels of any."""
    if inputs.shape is None:
        raise ConfigError(
            f"{flag}: expected features that are the pixels of images of the dataset's shape, "
            "found others; leave it out"
        )
