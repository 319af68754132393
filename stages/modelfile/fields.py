"""Fields of a model file, each checked before it is used. All raise `ValueError`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from stages import neuralnet as nn
from stages.dataset.formats.columns import width_of
from stages.features import LUMA
from stages.modelfile.strict import kind, require, shown
from stages.modelfile.tensors import decode_tensor

LAYERS = 1000
MEMBERS = 1000
PLAIN_LAYER = {"kind", "inputs", "outputs", "activation", "weights", "biases"}
PLAIN_ACTIVATIONS = {"relu", "leaky_relu", "sigmoid", "tanh", "linear"}


def read_field(document: Mapping[str, Any], name: str, form: type) -> Any:
    """What stands under `name`: an object or an array, as `form` (dict or list) says."""
    value = document.get(name)
    words = "an object" if form is dict else "an array"
    require(isinstance(value, form), f"{name}: expected {words}, found {kind(value)}")
    return value


def read_boolean(document: Mapping[str, Any], name: str) -> bool:
    """True or false under `name`."""
    value: Any = document.get(name)
    require(isinstance(value, bool), f"{name}: expected true or false, found {shown(value)}")
    return bool(value)


def read_choice(document: Mapping[str, Any], name: str, choices: Iterable[str]) -> str:
    """One of the texts that may stand under `name`."""
    value: Any = document.get(name)
    known = isinstance(value, str) and value in choices
    require(known, f"{name}: expected {' or '.join(choices)}, found {shown(value)}")
    return str(value)


def is_name(value: Any) -> bool:
    """Whether a name can be shown on a terminal, on one line, as what it is."""
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable()


def read_classes(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the classes, in the order of the outputs."""
    value: Any = document.get("classes")
    named = isinstance(value, list) and bool(value) and all(map(is_name, value))
    words = f"classes: expected a list of different printable names, found {shown(value)}"
    require(named and len(set(value)) == len(value), words)
    return tuple(value)


def expect_luma(preprocessing: Mapping[str, Any]) -> None:
    """The weights of red, green and blue must be those that we know; older files name none."""
    found, expected = preprocessing.get("luma", list(LUMA)), list(LUMA)
    require(found == expected, f"luma: expected {expected}, found {shown(found)}")


def read_input(
    value: Mapping[str, Any], version: int
) -> tuple[tuple[int, ...], tuple[dict[str, Any], ...]]:
    """The shape of an image and no columns; or (d,) and the columns of a table, from version 4."""
    shape: Any = value.get("shape")
    whole = isinstance(shape, list) and all(type(n) is int and n > 0 for n in shape)
    if version < 4 or "columns" not in value:
        channels = (3,) if version < 4 else (1, 3)
        require(
            whole and len(shape) == 3 and shape[0] in channels and max(shape) <= 4096,
            f"input.shape: expected [{' or '.join(map(str, channels))}, height, width], found "
            f"{shown(shape)}",
        )
        return tuple(shape), ()
    columns = read_field(value, "columns", list)
    for number, column in enumerate(columns):
        _expect_column(column, f"input.columns[{number}]")
    width = width_of(columns)
    require(
        whole and shape == [width] and bool(columns),
        f"input.shape: expected [{width}], the features of its columns, found {shown(shape)}",
    )
    return (width,), tuple(columns)


def _expect_column(column: Any, where: str) -> None:
    good = isinstance(column, dict) and is_name(column.get("name"))
    good = good and column.get("kind") in ("number", "category")
    if good and column["kind"] == "category":
        values = column.get("values")
        good = isinstance(values, list) and all(isinstance(value, str) for value in values)
        good = good and 0 < len(values) == len(set(values))
    else:
        good = good and "values" not in column
    require(good, f"{where}: expected a name and a kind of column, found {shown(column)}")


def read_members(document: Mapping[str, Any]) -> int:
    """How many networks an ensemble has."""
    value: Any = document.get("members")
    good = type(value) is int and 2 <= value <= MEMBERS
    require(good, f"members: expected a whole number from 2 to {MEMBERS}, found {shown(value)}")
    return int(value)


def stacked(network: nn.Network) -> list[dict[str, np.ndarray]]:
    """The tensors of each layer: those of a network alone, or of all members, (members, …)."""
    if network.members == 1:
        return network.tensors()
    layers = zip(*map(network.tensors, range(network.members)), strict=True)
    return [{name: np.stack([own[name] for own in layer]) for name in layer[0]} for layer in layers]


def read_network(document: Mapping[str, Any], classes: int, members: int = 1) -> nn.Network:
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
        # Before room is made for so many parameters: a file cannot ask for more than it brings.
        weights.append(decode_tensor(layer.get("weights"), f"{where}.weights"))
        shape, expected = weights[-1].shape, (*ahead, layer.get("inputs"), layer.get("outputs"))
        words = f"expected shape {shown(expected)}, found {shape}"
        require(shape == expected, f"{where}.weights: {words}")
        plain.append({key: value for key, value in layer.items() if not isinstance(value, dict)})
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


def is_plain(network: nn.Network) -> bool:
    """Whether a program that reads version 1 of a model file knows all in this network."""
    return network.members == 1 and all(
        layer.keys() | arrays.keys() <= PLAIN_LAYER and layer["activation"] in PLAIN_ACTIVATIONS
        for layer, arrays in zip(network.layers, network.tensors(), strict=True)
    )


def expect_constants(
    standardization: np.ndarray, whitening: np.ndarray, features: int, inputs: int
) -> None:
    """Fitted constants must fit the features that an image has, and the inputs of the network."""
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
        whitening.dtype == np.float32
        and whitening.shape in ((0, features), (1 + features, inputs)),
        f"whitening: expected float32 (0, {features}) or ({1 + features}, {inputs}), found {found}",
    )
