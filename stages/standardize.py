"""Standardize: mean 0 and deviation 1, for each feature or each colour, by the training images.

The constants are fitted after the split, so that nothing of the validation or test images leaks
into training, on what the features are after scale and contrast. They are applied as batches are
gathered, so the features are stored once. Where images are flipped, their mirrors are training
images too: a pixel and its mirror image then share their constants.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.errors import ConfigError
from pipeline.stage import stage
from stages import neuralnet as nn
from stages.dataset.formats.layout import shape_of
from stages.features import chosen_blocks, expect_images, make_inputs
from stages.modelfile.initial import Init, expect_same_form, init_by_content, initial_constants
from stages.options import Flip, InputOptions, Standardize

ROWS = 256  # of a block: 3 MB of float32 for 3,072 features


LEAST = 0.1  # of the median deviation: the least of a pixel


@stage(
    outputs=("standardization",),
    resolve=init_by_content,
    ignores=("stages.neuralnet.processor",),  # cores and limits, which change no bit
)
def standardize(
    features: np.ndarray,
    dataset: dict[str, Any],
    train_rows: np.ndarray,
    *,
    standardize: Standardize = "auto",
    inputs: InputOptions = InputOptions(),
    flip: Flip = "none",
    init: Init = None,
    context: Context = QUIET,
) -> np.ndarray:
    """Fit each feature's mean and deviation on the training images (--standardize)."""
    shape = shape_of(dataset)
    if standardize == "auto":
        standardize = "feature" if shape is None else "none"
    if inputs.contrast and shape is None:
        raise ConfigError(
            "--contrast: expected images, found a table, whose columns have no common scale; leave "
            "it out"
        )
    if init is not None:
        expect_same_form(init, dataset)
        rows, flag = 0 if standardize == "none" else 2, f"--standardize {standardize}"
        width = features.shape[1]
        return initial_constants(init, "standardization", inputs, rows, flag, width)
    if standardize == "none":
        return np.empty((0, features.shape[1]), np.float32)
    none = np.empty((0, features.shape[1]), np.float32)
    read = make_inputs(inputs, standardization=none, shape=shape)
    by_channel, flipped = standardize == "channel", flip != "none"
    if by_channel or flipped:
        expect_images(read, f"--standardize {standardize}" if by_channel else f"--flip {flip}")
    return fit(features, train_rows, read, by_channel, flipped, context)


def fit(
    features: np.ndarray,
    rows: np.ndarray,
    inputs: nn.Inputs | None = None,
    by_channel: bool = False,
    flipped: bool = False,
    context: Context = QUIET,
) -> np.ndarray:
    """float32 (2, d): the mean and the reciprocal deviation of each feature over `rows`.

    inputs: what is done to the features first. by_channel: all pixels of a colour have the same
    constants. flipped: a pixel and its mirror image do. The sums are taken in float64, in two
    passes, in bounded memory. A feature that never changes keeps the deviation 1. A
    pixel that hardly ever changes may change in use, and is not magnified without bounds.
    """
    inputs = inputs or nn.Inputs()
    blocks, shape = chosen_blocks(features, rows, ROWS), inputs.shape

    def shared(means: np.ndarray) -> np.ndarray:
        """Means (d,) of single features → means over those that share their constants."""
        if by_channel and shape is not None:
            channels = means.reshape(shape[0], -1)
            return np.repeat(channels.mean(axis=1), channels.shape[1])
        if flipped and shape is not None:
            means = (means + nn.mirrored(means[np.newaxis], shape)[0]) / 2
        return means

    mean = np.zeros(features.shape[1])
    variance = np.zeros_like(mean)
    with context.progress("standardize", 2 * len(rows), "images") as progress:
        for block in blocks:
            mean += _converted(block, inputs).sum(axis=0, dtype=np.float64)
            progress.advance(len(block))
        mean = shared(mean / len(rows))
        for block in blocks:
            centred = _converted(block, inputs) - mean
            variance += np.einsum("ij,ij->j", centred, centred)
            progress.advance(len(block))
    deviation = np.sqrt(shared(variance / len(rows)))
    varies = deviation > 1 / np.finfo(np.float32).max  # whose inverse is a number
    if shape is not None and varies.any():  # pixels, which are all measured alike
        deviation = np.maximum(deviation, LEAST * np.median(deviation[varies]))
    deviation[~varies] = 1
    return np.stack([mean, 1 / deviation]).astype(np.float32)


def _converted(stored: np.ndarray, inputs: nn.Inputs) -> np.ndarray:
    x = stored if stored.dtype.kind == "f" else np.empty(stored.shape, np.float32)
    inputs.convert(stored, x)
    return x
