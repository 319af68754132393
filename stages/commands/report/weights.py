"""The weights of the first layer as pictures: through whitening and standardization to the pixels.

A unit's input before its normalisation is a weighted sum of whitened features; whitening and
standardization are linear, so it is a weighted sum of pixels too (but for contrast normalisation).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from stages import neuralnet as nn
from stages.commands.report.trail import Trail
from stages.dataset.formats.layout import shape_of

MOST = 60  # pictures


def first_layer(trail: Trail, most: int = MOST) -> np.ndarray | None:
    """uint8 (units, channels, height, width): those units whose weights are largest, that first.

    Middle grey is a weight of 0; each picture spans the range of its own weights. None where the
    run is not there or its features are no pixels.
    """
    names = "dataset", "standardization", "whitening", "parameters", "training"
    values = {name: trail.load(name) for name in names}
    if any(value is None for value in values.values()):
        return None
    try:
        network = nn.Network.from_layers(values["training"]["layers"], values["parameters"])
    except ValueError:
        return None
    weights = _units(network)
    if weights is None:
        return None
    first, constants = network.structure[0], values["standardization"]
    if isinstance(first, nn.Local):  # a patch may lie anywhere: constants of pixels say nothing
        constants = constants[:0]
    strongest = np.argsort(-np.einsum("ij,ij->j", weights, weights), kind="stable")[:most]
    pixels = to_pixels(weights[:, strongest], constants, values["whitening"])
    shape = _shape(values["dataset"], trail.parameters(), len(pixels))
    if isinstance(first, nn.Local):
        shape = first.shape_of_patch
    return None if shape is None else pictures(pixels.T.reshape(-1, *shape))


def _units(network: nn.Network) -> np.ndarray | None:
    """The weights (features, units) of the first layer, of the first member of an ensemble.

    Of a local layer: those of all units at all positions, for the numbers of a patch.
    """
    weights = network.tensors()[0].get("weights")
    if weights is not None and isinstance(network.structure[0], nn.Local):
        return weights.transpose(1, 0, 2).reshape(weights.shape[1], -1)
    return weights if weights is not None and weights.ndim == 2 else None


def _shape(
    dataset: Mapping[str, Any], parameters: Mapping[str, Any], numbers: int
) -> tuple[int, int, int] | None:
    if (found := shape_of(dataset)) is None:  # of a table
        return None
    channels, height, width = found
    shape = (channels if parameters.get("color") else 1, height, width)
    return shape if np.prod(shape) == numbers and shape[0] in (1, 3) else None


def to_pixels(
    weights: np.ndarray, standardization: np.ndarray, whitening: np.ndarray
) -> np.ndarray:
    """Weights (inputs, units) → what they are for features (d, units), before whitening."""
    if len(whitening):
        weights = whitening[1:] @ weights
    if len(standardization):
        weights = weights * standardization[1][:, np.newaxis]
    return weights


def pictures(weights: np.ndarray) -> np.ndarray:
    """float (units, channels, height, width) → uint8, 0 as middle grey, each to its own range."""
    largest = np.abs(weights).max(axis=(1, 2, 3), keepdims=True)
    scaled: np.ndarray = np.divide(weights, largest, out=np.zeros_like(weights), where=largest > 0)
    return np.rint(127.5 + 127.5 * scaled).astype(np.uint8)
