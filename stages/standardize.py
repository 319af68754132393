"""Standardize: mean 0 and deviation 1 for each feature, by the training images alone.

The constants are fitted after the split, so that nothing of the validation or test images leaks
into training. They are applied as batches are gathered, so the features are stored once.
"""

from __future__ import annotations

import numpy as np

from pipeline.blocks import row_blocks
from pipeline.context import QUIET, Context
from pipeline.stage import stage
from stages.options import Standardize


@stage(outputs=("standardization",))
def standardize(
    features: np.ndarray,
    train_rows: np.ndarray,
    *,
    standardize: Standardize = False,
    context: Context = QUIET,
) -> np.ndarray:
    """Fit each feature's mean and deviation on the training images (--standardize)."""
    if not standardize:
        return np.empty((0, features.shape[1]), np.float32)
    return fit(features, train_rows, context)


def fit(features: np.ndarray, rows: np.ndarray, context: Context = QUIET) -> np.ndarray:
    """float32 (2, d): the mean and the reciprocal deviation of each feature over `rows`.

    The sums are taken in float64, in two passes, in bounded memory. A feature that never changes
    keeps the deviation 1.
    """
    member = np.zeros(len(features), bool)
    member[rows] = True
    mean = np.zeros(features.shape[1])
    variance = np.zeros_like(mean)
    with context.progress("standardize", 2 * len(features), "images") as progress:
        for part, block in row_blocks(features):
            mean += block[member[part]].sum(axis=0, dtype=np.float64)
            progress.advance(len(block))
        mean /= len(rows)
        for part, block in row_blocks(features):
            centred = block[member[part]] - mean
            variance += np.einsum("ij,ij->j", centred, centred)
            progress.advance(len(block))
    deviation = np.sqrt(variance / len(rows))
    deviation[deviation == 0] = 1
    return np.stack([mean, 1 / deviation]).astype(np.float32)


def apply(features: np.ndarray, standardization: np.ndarray) -> np.ndarray:
    """Standardize float features (n, d) in place by `fit`'s constants; none: leave them."""
    if len(standardization):
        features -= standardization[0]
        features *= standardization[1]
    return features
