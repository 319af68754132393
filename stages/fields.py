"""Fields of a model file, each checked before it is used. All raise `ValueError`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stages.neuralnet import Network
from stages.strict import kind, require, shown
from stages.tensors import decode_tensor

TENSORS = ("weights", "biases")
LAYERS = 1000


def read_field(document: Mapping[str, Any], name: str, form: type) -> Any:
    """What stands under `name`: an object or an array, as `form` (dict or list) says."""
    value = document.get(name)
    words = "an object" if form is dict else "an array"
    require(isinstance(value, form), f"{name}: expected {words}, found {kind(value)}")
    return value


def is_name(value: Any) -> bool:
    """Whether a name can be shown on a terminal, on one line, as what it is."""
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable()


def read_shape(value: Any) -> tuple[int, int, int]:
    """The shape of an image."""
    good = isinstance(value, list) and len(value) == 3 and all(type(n) is int for n in value)
    require(
        good and value[0] == 3 and all(0 < n <= 4096 for n in value),
        f"input.shape: expected [3, height, width], found {shown(value)}",
    )
    return tuple(value)


def read_network(document: Mapping[str, Any], classes: int) -> Network:
    """The network in a model's `layers`, with an output for each class."""
    plain, found = [], []
    layers = read_field(document, "layers", list)
    require(len(layers) <= LAYERS, f"layers: expected at most {LAYERS}, found {len(layers)}")
    for number, layer in enumerate(layers):
        where = f"layers[{number}]"
        require(isinstance(layer, dict), f"{where}: expected an object, found {kind(layer)}")
        found.append({name: decode_tensor(layer.get(name), f"{where}.{name}") for name in TENSORS})
        plain.append({key: layer[key] for key in layer if key not in TENSORS})
        # Before room is made for so many parameters: a file cannot ask for more than it brings.
        shape, expected = found[-1]["weights"].shape, (layer.get("inputs"), layer.get("outputs"))
        words = f"expected shape {shown(expected)}, found {shape}"
        require(shape == expected, f"{where}.weights: {words}")
    network = Network.from_layers(plain, dtype=document.get("dtype"))
    require(
        network.outputs == classes,
        f"layers: expected {classes} outputs, one for each class, found {network.outputs}",
    )
    for number, arrays in enumerate(network.tensors()):
        for name, array in arrays.items():
            tensor = found[number][name]
            require(
                (tensor.shape, tensor.dtype) == (array.shape, array.dtype),
                f"layers[{number}].{name}: expected {array.dtype} {array.shape}, "
                f"found {tensor.dtype} {tensor.shape}",
            )
            array[...] = tensor
    return network
