"""Preprocess: pixels to features.

Nothing here looks at more than one image, so nothing is fitted and no split is needed yet.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from pipeline.context import QUIET, Context
from pipeline.stage import stage
from pipeline.stream import Stream
from stages.features import to_features
from stages.options import FeatureOptions

ROWS = 256  # of a block: 3 MB of float32 for 3,072 features, which stay in the processor's cache


@stage(outputs=("features",))
def preprocess(
    images: np.ndarray,
    *,
    features: FeatureOptions = FeatureOptions(),
    context: Context = QUIET,
) -> Stream:
    """Turn images into flat features: grayscale or colour, as scaled floats or as bytes.

    Rows of a table are features already, and go through as they are.
    """
    numbers = math.prod(images.shape)
    if images.ndim == 4 and not features.color:
        numbers //= images.shape[1]
    context.check_free_space(numbers * np.dtype(features.storage).itemsize)
    return Stream.of(images).batch(ROWS).map(partial(to_features, options=features))
