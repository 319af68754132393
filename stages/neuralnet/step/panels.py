"""How parameters are stored while training: the first layer's weights in panels.

A panel is some columns of W, (inputs, width) in C order, and the panels of a layer lie one after
the other. Who owns a panel forms these columns of the layer's outputs and updates these weights:
they stay in the cache of one processor core, and no other core ever needs them.

Only the first layer is stored so, if it is dense. It is the largest by far, and no delta goes back
through it; the others are needed by columns on the way forward and by rows on the way back, and
keep the order that they have in a network: one panel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..layers.dense import Dense
from ..layers.layer import Layer
from .cuts import parts, power_of_two


class Panel(NamedTuple):
    """Some columns of a layer: W (inputs, width), a view of the parameters."""

    columns: slice
    W: np.ndarray
    place: slice  # of W in the layer's part of the parameters


def widths(layer: Layer, first: bool, batch: int) -> list[slice]:
    """The columns of a dense layer's panels, narrow for small batches, which do less with one."""
    if not first:
        return [slice(0, layer.outputs)]
    width = 256 if batch >= 128 else 128
    if layer.outputs < 2 * width:
        width //= 2
    return parts(layer.outputs, power_of_two(layer.outputs // width))


def panels(layer: Layer, flat: np.ndarray, first: bool, batch: int) -> list[Panel]:
    """The panels in a dense layer's part of the parameters."""
    found = []
    for columns in widths(layer, first, batch):
        place = slice(layer.inputs * columns.start, layer.inputs * columns.stop)
        found.append(Panel(columns, flat[place].reshape(layer.inputs, -1), place))
    return found


def pack(layer: Layer, batch: int, plain: np.ndarray, packed: np.ndarray) -> None:
    """packed ← plain: parameters (members, size) in the order of training; `layer` is the first."""
    if not isinstance(layer, Dense):
        packed[...] = plain
        return
    packed[:, layer.weights :] = plain[:, layer.weights :]
    for theirs, own in zip(plain, packed, strict=True):
        W = layer.tensors(theirs[: layer.size])["weights"]
        for panel in panels(layer, own[: layer.size], True, batch):
            panel.W[...] = W[:, panel.columns]


def unpack(layer: Layer, batch: int, packed: np.ndarray, plain: np.ndarray) -> None:
    """plain ← packed: parameters (members, size) in the order of the network."""
    if not isinstance(layer, Dense):
        plain[...] = packed
        return
    plain[:, layer.weights :] = packed[:, layer.weights :]
    for own, theirs in zip(packed, plain, strict=True):
        W = layer.tensors(theirs[: layer.size])["weights"]
        for panel in panels(layer, own[: layer.size], True, batch):
            W[:, panel.columns] = panel.W
