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
    values, network = _loaded(trail)
    weights = None if network is None else _units(network)
    if network is None or weights is None:
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


def by_position(trail: Trail) -> tuple[int, np.ndarray] | None:
    """Of a local layer: how many patches lie beside each other, and for each of them, row after
    row, the unit with the largest weights, uint8 (positions, channels, height, width).

    None where the first layer is none, or has fewer than four positions.
    """
    values, network = _loaded(trail)
    first = network.structure[0] if network else None
    if network is None or not isinstance(first, nn.Local) or min(first.positions) < 2:
        return None
    weights = network.tensors()[0]["weights"]  # (positions, numbers, units)
    strongest = np.einsum("pij,pij->pj", weights, weights).argmax(axis=1)
    chosen = np.take_along_axis(weights, strongest[:, np.newaxis, np.newaxis], axis=2)[:, :, 0]
    pixels = to_pixels(chosen.T, values["standardization"][:0], values["whitening"])
    shape = first.shape_of_patch
    if first.channels_last or shape[0] not in (1, 3) or np.prod(shape) != len(pixels):
        return None
    return first.positions[1], pictures(pixels.T.reshape(-1, *shape))


def _loaded(trail: Trail) -> tuple[dict[str, Any], nn.Network | None]:
    """What the pictures are made from, and the network; None where something is not there."""
    names = "dataset", "standardization", "whitening", "parameters", "training"
    values = {name: trail.load(name) for name in names}
    if any(value is None for value in values.values()):
        return values, None
    try:
        return values, nn.Network.from_layers(values["training"]["layers"], values["parameters"])
    except ValueError:
        return values, None


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
