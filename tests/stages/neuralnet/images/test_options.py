from __future__ import annotations

import re

import pytest

from stages.neuralnet import Augmentation

SHAPE = (3, 8, 8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"flip": "always"}, "flip: expected none, random or alternate, found 'always'"),
        ({"shift": 8}, "shift: expected a whole number from 0 to 7, found 8"),
        ({"shift": -1}, "shift: expected a whole number from 0 to 7, found -1"),
        ({"rotate": -1}, "rotate: expected a number from 0 to 180, found -1"),
        ({"rotate": float("nan")}, "rotate: expected a number from 0 to 180, found nan"),
        ({"zoom": 1.5}, "zoom: expected a number from 0 to 1, found 1.5"),
        ({"jitter": -0.1}, "jitter: expected a number from 0 to 1, found -0.1"),
        ({"jitter": 1.1}, "jitter: expected a number from 0 to 1, found 1.1"),
        ({"cutout": -1}, "cutout: expected a whole number of at least 0, found -1"),
        ({"mixup": -0.1}, "mixup: expected a finite number of at least 0, found -0.1"),
        ({"mixup": float("inf")}, "mixup: expected a finite number of at least 0, found inf"),
        ({"mixup": float("nan")}, "mixup: expected a finite number of at least 0, found nan"),
        ({"seed": -1}, "seed: expected a whole number of at least 0, found -1"),
        ({"shape": (8, 9)}, "shape: expected (channels, height, width), found (8, 9)"),
        ({"shape": (3, 0, 9)}, "shape: expected a whole number of at least 1, found 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Augmentation(**({"shape": (3, 8, 9)} | options))
