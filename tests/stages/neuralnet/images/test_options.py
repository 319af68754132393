from __future__ import annotations

import re

import pytest

from stages.neuralnet import Augmentation

SHAPE = (3, 8, 8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"flip": "always"}, "flip: expected none, random or alternate, found 'always'"),
        ({"shift": 8}, "shift: expected 0 to 7 pixels, found 8"),
        ({"shift": -1}, "shift: expected 0 to 7 pixels, found -1"),
        ({"rotate": -1}, "rotate: expected 0 to 180 degrees, found -1"),
        ({"rotate": float("nan")}, "rotate: expected 0 to 180 degrees, found nan"),
        ({"zoom": 1.5}, "zoom: expected 0 to 1, found 1.5"),
        ({"jitter": -0.1}, "jitter: expected 0 to 1, found -0.1"),
        ({"jitter": 1.1}, "jitter: expected 0 to 1, found 1.1"),
        ({"cutout": -1}, "cutout: expected 0 or more pixels, found -1"),
        ({"mixup": -0.1}, "mixup: expected a finite number, 0 or more, found -0.1"),
        ({"mixup": float("inf")}, "mixup: expected a finite number, 0 or more, found inf"),
        ({"mixup": float("nan")}, "mixup: expected a finite number, 0 or more, found nan"),
        ({"seed": -1}, "seed: expected 0 or more, found -1"),
        ({"shape": (8, 9)}, "shape: expected (channels, height, width), found (8, 9)"),
        ({"shape": (3, 0, 9)}, "shape: expected (channels, height, width), found (3, 0, 9)"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Augmentation(**({"shape": (3, 8, 9)} | options))
