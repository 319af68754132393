"""What it means that another program answers as the model does, and models that try it."""

from __future__ import annotations

import numpy as np

from stages.modelfile.model import Model
from stages.neuralnet import ACTIVATIONS

SHAPE = (3, 6, 5)
ALIKE, CLEAR = 1e-5, 2e-5  # of probabilities: the same; so far apart that the order must be, too

# Each part of a model at least once, and each twice beside others.
VARIANTS = [
    {"activation": name, "norm": norm, "dtype": dtype}
    for name in ACTIVATIONS
    for norm, dtype in (("none", "float32"), ("batch", "float64"))
]
VARIANTS += [
    {"hidden": ()},
    {"color": True, "scale": "symmetric", "standardized": True, "hidden": (5, 4)},
    {"scale": "symmetric", "storage": "uint8", "dtype": "float64", "tta": True},
    {"storage": "uint8", "contrast": True, "components": 7, "norm": "layer", "tta": True},
    {"color": True, "storage": "uint8", "components": 20, "norm": "batch", "dropout": 0.3},
    {"contrast": True, "dtype": "float64", "norm": "layer", "dropout": 0.1, "standardized": True},
    {"members": 2, "norm": "batch", "tta": True, "color": True, "hidden": (5, 4)},
    {"members": 3, "norm": "layer", "activation": "gelu", "dtype": "float64"},
    {"local": ((3, 2, 4), (2, 1, 3)), "components": 7, "norm": "batch", "mirror": True},
    {"local": ((3, 3, 4),), "color": True, "components": 9, "members": 2, "dtype": "float64"},
    {"local": ((2, 2, 3),), "color": True, "norm": "layer", "standardized": True, "members": 2},
]


def images(count: int = 300) -> np.ndarray:
    """Random images uint8 (count, *SHAPE), and among them some without contrast."""
    found = np.random.default_rng(4).integers(0, 256, (count, *SHAPE), np.uint8)
    found[:3] = np.array([0, 127, 255], np.uint8)[:count, None, None, None]
    return found


def expect_agreement(model: Model, pictures: np.ndarray, found: np.ndarray) -> float:
    """Fail unless `found` are the model's probabilities; the largest difference."""
    expected = model.probabilities(pictures)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    difference = float(np.abs(found - expected).max(initial=0))
    assert difference <= ALIKE
    best = np.sort(expected, axis=1)
    clear = best[:, -1] - best[:, -2] > CLEAR
    assert (found.argmax(axis=1) == expected.argmax(axis=1))[clear].all()
    return difference
