"""The arrays of a step: those that all workers share, and the scratch of each one."""

from __future__ import annotations

import numpy as np

from ..layers.layer import Layer
from ..layers.local import Local
from ..layers.stack import total_size, whitens_patches
from ..memory import Form, Shapes
from ..settings import Settings
from . import feed, patches, tiles, update
from .cuts import BLOCK_BYTES
from .layout import Layout
from .panels import widths


def shapes(
    layers: tuple[Layer, ...],
    settings: Settings,
    dtype: np.dtype,
    batch: int,
    features: np.ndarray,
    rows: int,
    members: int = 1,
) -> Shapes:
    """Every array that the steps of a training on `rows` of these features share among workers.

    The members of an ensemble share all but their parameters and what the optimizer keeps of them.
    """
    size, slots = members * total_size(layers), settings.optimizer.slots
    (examples, stored), layout = features.shape, Layout(layers, settings)
    plan: dict[str, Form] = {
        "sums": ((8, 8), np.float64),
        "parameters": ((size,), dtype),
        "slots": ((slots, size), dtype),
    }
    plan |= {name: (array.shape, dtype) for name, array in settings.constants.items()}
    fed, local = settings.fed(whitens_patches(layers)), isinstance(layers[0], Local)
    plan |= feed.shapes(fed, layers[0].inputs, stored, batch, dtype, local)
    for number, layer in enumerate(layers):
        if number < len(layers) - 1:
            plan |= tiles.shapes(number, layer, batch, dtype, layout)
        else:
            plan[f"delta {number}"] = (batch, layer.outputs), dtype
    plan |= update.shapes(settings, layers, batch, dtype)
    if settings.weighted:
        plan["weights"] = (examples,), dtype
    return plan | {"order": ((rows,), np.int64), "labels": ((examples,), np.intp)}


def scratch_size(layers: tuple[Layer, ...], settings: Settings, batch: int, dtype: np.dtype) -> int:
    """How many numbers of scratch the pieces of a step need."""
    widest = max(layers[0].inputs, *(layer.outputs for layer in layers))
    most = max(BLOCK_BYTES // dtype.itemsize, 64 * widest, 2 * batch * widest)
    local = [layer for layer in layers if isinstance(layer, Local)]
    most = max(most, *(patches.scratch_size(layer, batch) for layer in local), 0)
    if settings.optimizer.matrices:
        matrices = [layer.shape_of_weights[1:] for layer in local]
        matrices += [
            (layer.inputs, columns.stop - columns.start)
            for n, layer in enumerate(layers)
            if not isinstance(layer, Local)
            for columns in widths(layer, n == 0, batch)
        ]
        most = max(most, *(settings.optimizer.scratch(*shape) for shape in matrices))
    return most
