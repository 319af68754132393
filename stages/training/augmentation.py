"""The parameters of augmentation: what is done to training images anew in each epoch."""

from dataclasses import dataclass
from typing import Annotated

from pipeline.parameters import Option
from stages.options import Flip


@dataclass(frozen=True)
class AugmentationOptions:
    """Augmentation: what is done to training images anew in each epoch."""

    flip: Flip = "none"
    shift: Annotated[
        int,
        Option(
            "move training images by up to so many pixels each way; edges are reflected",
            minimum=0,
            maximum=31,
        ),
    ] = 0
    rotate: Annotated[
        float,
        Option("rotate training images by up to so many degrees", minimum=0, maximum=180),
    ] = 0.0
    zoom: Annotated[
        float,
        Option("zoom training images by a factor of up to 1 + X, in or out", minimum=0, maximum=1),
    ] = 0.0
    jitter: Annotated[
        float,
        Option(
            "change the contrast of training images by up to so large a fraction, and each "
            "channel's brightness by up to a third of that fraction of its range",
            minimum=0,
            maximum=1,
        ),
    ] = 0.0
    cutout: Annotated[
        int,
        Option("blank a square of so many pixels a side in training images", minimum=0, maximum=32),
    ] = 0
    mixup: Annotated[
        float,
        Option(
            "mix training images and their labels in pairs, with shares drawn from Beta(X, X); "
            "0: not",
            minimum=0,
        ),
    ] = 0.0
