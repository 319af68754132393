"""The layers of a network, described in plain data (each kind: in the file of its name)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .dense import Dense
from .layer import Layer
from .local import Local

LAYERS: dict[str, type[Layer]] = {"dense": Dense, "local": Local}


def describe(
    inputs: int,
    local: Sequence[tuple[int, int, int]],
    shape: tuple[int, int, int] | None,
    components: int,
    hidden: Iterable[int],
    classes: int,
    **options: Any,
) -> list[dict[str, Any]]:
    """Descriptions of local layers and dense ones above them, as `Network.create` documents them.

    options: of all layers but the last. ValueError where `shape` has not so many inputs.
    """
    if local and (shape is None or math.prod(shape) != inputs):
        raise ValueError(f"shape: expected that of images of {inputs} numbers, found {shape}")
    first = local_layers(local, shape, components, **options) if shape else []
    inputs = first[-1].outputs if first else inputs
    layers = [layer.describe() for layer in first]
    layers += [
        {"kind": "dense", "inputs": below, "outputs": above, **options}
        for below, above in pairwise([inputs, *hidden, classes])
    ]
    layers[-1] |= {"activation": "linear", "norm": "none", "dropout": 0.0}
    return layers


def local_layers(
    levels: Sequence[tuple[int, int, int]],
    shape: tuple[int, int, int],
    components: int = 0,
    activation: str = "relu",
    **options: Any,
) -> list[Local]:
    """The layers of (patch, stride, units), of which the first reads images of `shape`.

    components: of its patches, whitened; 0: it reads them as they are. options: of all of them.
    """
    layers: list[Local] = []
    for patch, stride, units in levels:
        first = {} if layers else {"components": components}
        options |= {"activation": activation, "channels_last": bool(layers)}
        layers.append(Local.of(shape, patch, stride, units, **first, **options))
        shape = layers[-1].above
    return layers


def build(descriptions: Sequence[Mapping[str, Any]]) -> tuple[Layer, ...]:
    """The layers that are described; ValueError says which description is wrong, and how."""
    if not isinstance(descriptions, list | tuple) or not descriptions:
        raise ValueError(f"layers: expected a list of at least one, found {descriptions!r:.60}")
    layers = []
    for number, description in enumerate(descriptions):
        try:
            layers.append(build_one(description))
        except ValueError as error:
            raise ValueError(f"layers[{number}]: {error}") from None
    for number, (below, layer) in enumerate(pairwise(layers), 1):
        if layer.inputs != below.outputs:
            raise ValueError(
                f"layers[{number}]: inputs: expected {below.outputs}, the outputs of the layer "
                f"before, found {layer.inputs}"
            )
        if isinstance(layer, Local) and (layer.components or not layer.channels_last):
            raise ValueError(
                f"layers[{number}]: expected channels_last and no components, for only the first "
                f"layer reads pixels, found {layer.components} components, channels_last "
                f"{layer.channels_last}"
            )
    logits = ("kind", "dense"), ("activation", "linear"), ("norm", "none"), ("dropout", 0)
    for name, expected in logits:
        if (found := getattr(layers[-1], name)) != expected:
            raise ValueError(
                f"layers[{len(layers) - 1}]: {name}: expected {expected}, for the outputs of the "
                f"last layer are logits, found {found}"
            )
    return tuple(layers)


def build_one(description: Any) -> Layer:
    """The layer that is described; ValueError says what is wrong."""
    if not isinstance(description, dict):
        raise ValueError(f"expected an object, found {description!r:.60}")
    values = dict(description)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in LAYERS:
        raise ValueError(f"kind: expected one of {', '.join(LAYERS)}, found {kind!r:.60}")
    must, may = LAYERS[kind].known()
    if not set(must) <= values.keys() <= {*must, *may}:
        expected = ", ".join(sorted(must)) + f", perhaps {' and '.join(may)}"
        names = ", ".join(map(str, sorted(values, key=str)))
        raise ValueError(f"expected {expected}, found {names or 'nothing'}")
    return LAYERS[kind](**values)


def total_size(layers: Sequence[Layer]) -> int:
    """Number of parameters of all layers."""
    return sum(layer.size for layer in layers)


def split(layers: Sequence[Layer], flat: np.ndarray) -> Iterator[tuple[Layer, np.ndarray]]:
    """Each layer with its part of the last axis of `flat`."""
    start = 0
    for layer in layers:
        yield layer, flat[..., start : start + layer.size]
        start += layer.size


def patch_layer(layers: Sequence[Layer]) -> Local | None:
    """The first layer, where it reads whitened patches; else None."""
    first = layers[0]
    return first if isinstance(first, Local) and first.components > 0 else None


def whitens_patches(layers: Sequence[Layer]) -> bool:
    """Whether `Inputs.whitening` is of the patches of the first layer, not of whole rows."""
    return patch_layer(layers) is not None
