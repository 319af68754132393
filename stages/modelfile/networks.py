"""The network of a model file, and the constants ahead of it, checked. All raise `ValueError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from stages import neuralnet as nn
from stages.modelfile.fields import read_field
from stages.modelfile.strict import kind, require, shown
from stages.modelfile.tensors import decode_tensor

LAYERS = 1000
PLAIN_LAYER = {"kind", "inputs", "outputs", "activation", "weights", "biases"}
PLAIN_ACTIVATIONS = {"relu", "leaky_relu", "sigmoid", "tanh", "linear"}


def stacked(network: nn.Network) -> list[dict[str, np.ndarray]]:
    """The tensors of each layer: those of a network alone, or of all members, (members, …)."""
    if network.members == 1:
        return network.tensors()
    layers = zip(*map(network.tensors, range(network.members)), strict=True)
    return [{name: np.stack([own[name] for own in layer]) for name in layer[0]} for layer in layers]


def read_network(
    document: Mapping[str, Any], classes: int, members: int = 1, version: int = 5
) -> nn.Network:
    """The network in a model's `layers`, with an output for each class.

    What is an object in a layer is a tensor; the rest describes the layer.
    """
    ahead = (members,) if members > 1 else ()
    plain, weights = [], []
    layers = read_field(document, "layers", list)
    require(len(layers) <= LAYERS, f"layers: expected at most {LAYERS}, found {len(layers)}")
    for number, layer in enumerate(layers):
        where = f"layers[{number}]"
        require(isinstance(layer, dict), f"{where}: expected an object, found {kind(layer)}")
        # Before so much memory is allocated: a file cannot ask for more than it brings.
        weights.append(decode_tensor(layer.get("weights"), f"{where}.weights"))
        plain.append({key: value for key, value in layer.items() if not isinstance(value, dict)})
        shape, expected = weights[-1].shape, (*ahead, *_shape_of_weights(plain[-1], where, version))
        words = f"expected shape {shown(expected)}, found {shape}"
        require(shape == expected, f"{where}.weights: {words}")
    network = nn.Network.from_layers(plain, dtype=document.get("dtype"), members=members)
    require(
        network.outputs == classes,
        f"layers: expected {classes} outputs, one for each class, found {network.outputs}",
    )
    everyone = list(map(network.tensors, range(members)))
    for number, layer in enumerate(layers):
        where, arrays = f"layers[{number}]", everyone[0][number]
        found = {key for key, value in layer.items() if isinstance(value, dict)}
        words = f"expected the tensors {', '.join(arrays)}, found {', '.join(sorted(found))}"
        require(found <= arrays.keys(), f"{where}: {words}")
        for name, array in arrays.items():
            place = f"{where}.{name}"
            first = name == "weights"
            tensor = weights[number] if first else decode_tensor(layer.get(name), place)
            shape = *ahead, *array.shape
            require(
                (tensor.shape, tensor.dtype) == (shape, array.dtype),
                f"{place}: expected {array.dtype} {shape}, found {tensor.dtype} {tensor.shape}",
            )
            for own, part in zip(everyone, tensor.reshape(members, *array.shape), strict=True):
                own[number][name][...] = part
    network.check()
    return network


def _shape_of_weights(layer: Mapping[str, Any], where: str, version: int) -> tuple[Any, ...]:
    """The shape that a layer's weights must have. A local layer is one from version 5 on."""
    if layer.get("kind") != "local":
        return layer.get("inputs"), layer.get("outputs")
    require(
        version > 4, f"{where}: expected version 5 of a model with local layers, found {version}"
    )
    try:
        return nn.build_one(layer).shape_of_weights
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def is_plain(network: nn.Network) -> bool:
    """Whether a program that reads version 1 of a model file knows all in this network."""
    return network.members == 1 and all(
        layer.keys() | arrays.keys() <= PLAIN_LAYER and layer["activation"] in PLAIN_ACTIVATIONS
        for layer, arrays in zip(network.layers, network.tensors(), strict=True)
    )


def expect_constants(
    standardization: np.ndarray, whitening: np.ndarray, features: int, network: nn.Network
) -> None:
    """Fitted constants must fit the features that an image has, and the inputs of the network.

    Whitening is of rows of features, or of the patches that a local first layer reads.
    """
    inputs, rows = network.inputs, features
    if (first := nn.patch_layer(network.structure)) is not None:
        rows, width, columns = first.numbers, features, first.components
        require(len(whitening) > 0, "whitening: expected that of patches, found none")
    else:
        columns = inputs
        width = whitening.shape[1] if whitening.ndim == 2 and len(whitening) else features
    require(inputs == width, f"layers: expected {width} inputs for these images, found {inputs}")
    found = f"{standardization.dtype} {standardization.shape}"
    require(
        standardization.dtype == np.float32
        and standardization.shape in ((0, features), (2, features)),
        f"standardization: expected float32 (0 or 2, {features}), found {found}",
    )
    found = f"{whitening.dtype} {whitening.shape}"
    require(
        whitening.dtype == np.float32 and whitening.shape in ((0, features), (1 + rows, columns)),
        f"whitening: expected float32 (0, {features}) or ({1 + rows}, {columns}), found {found}",
    )
